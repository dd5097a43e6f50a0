import { Outlet, useNavigate } from "@tanstack/react-router"
import { useMemo, useState } from "react"
import { type Command, Palette } from "@/app/palette.tsx"
import { BottomBar, Sidebar } from "@/app/sidebar.tsx"
import { signOut } from "@/app/sign-out.ts"
import { strings } from "@/app/strings.ts"
import { TopBar } from "@/app/topbar.tsx"
import { useMyPages } from "@/app/use-pages.ts"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { Notices } from "@/shared/parts/toast.tsx"
import { useUser } from "@/shared/session.ts"
import { type Shortcut, useShortcuts } from "@/shared/shortcuts.ts"
import { setTheme } from "@/shared/theme.ts"

/** What is around every page. */
export function Shell() {
  const [shown, setShown] = useState<"commands" | "help" | null>(null)
  const close = () => setShown(null)
  const pages = useMyPages()
  const user = useUser()
  const navigate = useNavigate()
  const commands = useMemo<Command[]>(() => {
    const places = pages.map((page) => ({ id: `page-${page.key ?? page.label}`, label: page.label, ...(page.key ? { hint: `g ${page.key}` } : {}), run: () => void navigate({ to: page.path }) }))
    const themes = (["light", "dark", "system"] as const).map((theme) => ({ id: `theme-${theme}`, label: `${strings.theme.label}: ${strings.theme[theme]}`, run: () => setTheme(theme) }))
    const session = user ? { id: "out", label: strings.signOut, run: () => void signOut() } : { id: "in", label: strings.signIn, run: () => void navigate({ to: "/sign-in" }) }
    return [...places, ...themes, { id: "help", label: strings.shortcuts, hint: "?", run: () => setShown("help") }, session]
  }, [pages, user, navigate])
  const shortcuts = useMemo<Shortcut[]>(
    () => [
      { keys: "mod+k", says: strings.shortcutList.commands, run: () => setShown("commands") },
      { keys: "?", says: strings.shortcutList.help, run: () => setShown("help") },
      ...pages.flatMap((page) => (page.key ? [{ keys: `g ${page.key}`, says: strings.shortcutList.go(page.label), run: () => void navigate({ to: page.path }) }] : [])),
    ],
    [pages, navigate],
  )
  useShortcuts(shortcuts)
  return (
    <div className="flex min-h-dvh">
      <a href="#page" className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2">{strings.skip}</a>
      <Sidebar />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar onCommands={() => setShown("commands")} onHelp={() => setShown("help")} />
        <main id="page" tabIndex={-1} className="mx-auto w-full max-w-[1320px] flex-1 px-3 pt-5 pb-24 outline-none md:px-6 md:pb-10"><Outlet /></main>
      </div>
      <BottomBar />
      <Palette open={shown === "commands"} onClose={close} commands={commands} />
      <Dialog open={shown === "help"} onClose={close} title={strings.shortcuts}>
        <dl className="grid gap-2">
          {shortcuts.map((one) => (
            <div key={one.keys} className="flex justify-between gap-4"><dt>{one.says}</dt><dd><kbd className="rounded border bg-panel px-2 py-0.5 font-sans text-sm">{one.keys.replace("mod+", "Ctrl/⌘ ")}</kbd></dd></div>
          ))}
        </dl>
      </Dialog>
      <Notices />
    </div>
  )
}
