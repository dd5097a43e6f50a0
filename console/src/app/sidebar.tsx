import { Link } from "@tanstack/react-router"
import { Ellipsis, PanelLeftClose, PanelLeftOpen } from "lucide-react"
import { useState } from "react"
import { Mark } from "@/app/mark.tsx"
import type { Page } from "@/app/navigation.ts"
import { strings } from "@/app/strings.ts"
import { grouped, useMyPages } from "@/app/use-pages.ts"
import { cx } from "@/shared/classes.ts"
import { IconButton } from "@/shared/parts/button.tsx"
import { Drawer } from "@/shared/parts/dialog.tsx"

const ITEM = "touch flex items-center gap-3 rounded-lg px-2.5 text-sm font-medium text-quiet transition hover:bg-soft hover:text-text"
const ACTIVE = { className: "bg-soft text-accent!", "aria-current": "page" as const }

function PageLink({ page, small = false, onGo }: { page: Page; small?: boolean; onGo?: () => void }) {
  return (
    <Link to={page.path} activeOptions={{ exact: page.path === "/", includeSearch: false }} activeProps={ACTIVE} className={cx(ITEM, small && "justify-center")} title={small ? page.label : undefined} onClick={onGo}>
      <page.icon size={18} strokeWidth={1.8} aria-hidden className="shrink-0" />
      <span className={cx(small && "sr-only")}>{page.label}</span>
    </Link>
  )
}

function Groups({ small = false, onGo }: { small?: boolean; onGo?: () => void }) {
  return grouped(useMyPages()).map((group) => (
    <div key={group.id} className="grid gap-0.5">
      <p className={cx("px-2.5 pt-4 pb-1 text-xs font-semibold tracking-wide text-quiet", small && "sr-only")}>{group.label}</p>
      {group.pages.map((page) => <PageLink key={page.path} page={page} small={small} {...(onGo ? { onGo } : {})} />)}
    </div>
  ))
}

/** From 768 px on: all pages beside the content, or their icons only. */
export function Sidebar() {
  const [small, setSmall] = useState(() => window.innerWidth < 1024)
  const label = small ? strings.expand : strings.collapse
  return (
    <nav aria-label={strings.navigation} className={cx("sticky top-0 flex h-dvh shrink-0 flex-col overflow-y-auto border-r bg-panel p-3 max-md:hidden", small ? "w-16" : "w-58")}>
      <Link to="/" className="flex min-h-10 items-center gap-2.5 rounded-lg px-1.5">
        <Mark />
        <span className={cx("text-lg font-semibold tracking-tight", small && "sr-only")}>{strings.product}</span>
      </Link>
      <Groups small={small} />
      <div className="mt-auto pt-3">
        <IconButton label={label} aria-expanded={!small} onClick={() => setSmall(!small)}>{small ? <PanelLeftOpen size={18} /> : <PanelLeftClose size={18} />}</IconButton>
      </div>
    </nav>
  )
}

/** On a phone: the most used pages below the thumb, all of them behind "More". */
export function BottomBar() {
  const [open, setOpen] = useState(false)
  const pages = useMyPages().filter((page) => page.onPhone).slice(0, 4)
  const cell = "flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 text-xs font-medium text-quiet"
  return (
    <>
      <nav aria-label={strings.navigation} className="fixed inset-x-0 bottom-0 z-30 flex border-t bg-panel pb-[env(safe-area-inset-bottom)] md:hidden">
        {pages.map((page) => (
          <Link key={page.path} to={page.path} activeOptions={{ exact: page.path === "/", includeSearch: false }} activeProps={{ className: "text-accent!", "aria-current": "page" }} className={cell}>
            <page.icon size={20} aria-hidden />
            {page.label}
          </Link>
        ))}
        <button type="button" className={cell} onClick={() => setOpen(true)}><Ellipsis size={20} aria-hidden />{strings.more}</button>
      </nav>
      <Drawer open={open} onClose={() => setOpen(false)} title={strings.menu}><nav aria-label={strings.menu}><Groups onGo={() => setOpen(false)} /></nav></Drawer>
    </>
  )
}
