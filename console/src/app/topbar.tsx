import { Link } from "@tanstack/react-router"
import { CircleHelp, CircleUserRound, LogOut, Monitor, Moon, Search, Sun } from "lucide-react"
import { Mark } from "@/app/mark.tsx"
import { signOut } from "@/app/sign-out.ts"
import { strings } from "@/app/strings.ts"
import { IconButton } from "@/shared/parts/button.tsx"
import { Menu, type MenuItem } from "@/shared/parts/menu.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { useUser } from "@/shared/session.ts"
import { setTheme, type Theme, useTheme } from "@/shared/theme.ts"

const ICONS: Record<Theme, typeof Sun> = { system: Monitor, light: Sun, dark: Moon }
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent)

export function TopBar({ onCommands, onHelp }: { onCommands: () => void; onHelp: () => void }) {
  return (
    <header className="sticky top-0 z-20 flex min-h-14 items-center gap-2 border-b bg-ground px-3 md:px-6">
      <Link to="/" aria-label={strings.product} className="touch-square grid place-items-center md:hidden"><Mark /></Link>
      <button type="button" onClick={onCommands} className="touch flex min-w-0 flex-1 items-center gap-2 rounded-lg border bg-card px-3 text-sm text-quiet hover:border-edge md:max-w-sm">
        <Search size={16} aria-hidden className="shrink-0" />
        <span className="truncate">{strings.commands}</span>
        <kbd className="ml-auto rounded border bg-panel px-1.5 font-sans text-xs max-md:hidden">{IS_MAC ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <div className="ml-auto flex items-center">
        <IconButton label={strings.shortcuts} className="max-md:hidden" onClick={onHelp}><CircleHelp size={18} /></IconButton>
        <ThemeMenu />
        <UserMenu />
      </div>
    </header>
  )
}

function ThemeMenu() {
  const theme = useTheme()
  const Icon = ICONS[theme]
  const items = (["system", "light", "dark"] as const).map((one) => {
    const Mine = ICONS[one]
    return { id: one, label: strings.theme[one], icon: <Mine size={16} />, checked: one === theme, onSelect: () => setTheme(one) }
  })
  return <Menu trigger={<IconButton label={strings.theme.label}><Icon size={18} /></IconButton>} items={items} />
}

function UserMenu() {
  const user = useUser()
  if (!user) return <Link to="/sign-in" className="touch inline-flex items-center rounded-lg px-3 text-sm font-medium text-accent hover:bg-soft">{strings.signIn}</Link>
  const head = (
    <span className="grid gap-1">
      <span className="font-medium">{user.name || user.email}</span>
      <span className="text-sm text-quiet">{user.email}</span>
      <span className="flex gap-1"><Badge tone="accent">{user.tenant_name || user.tenant}</Badge><Badge>{user.role}</Badge></span>
    </span>
  )
  const items: MenuItem[] = ["line", { id: "out", label: strings.signOut, icon: <LogOut size={16} />, onSelect: () => void signOut() }]
  return (
    <>
      <span className="hidden px-2 lg:inline"><Badge>{user.tenant_name || user.tenant}</Badge></span>
      <Menu trigger={<IconButton label={strings.account}><CircleUserRound size={20} /></IconButton>} head={head} items={items} />
    </>
  )
}
