import { cloneElement, lazy, type ReactElement, type ReactNode, Suspense, useState } from "react"

export type MenuItem = { id: string; label: string; icon?: ReactNode; danger?: boolean; checked?: boolean; onSelect: () => void } | "line"
export type MenuProps = { trigger: ReactElement<Record<string, unknown>>; items: readonly MenuItem[]; head?: ReactNode }

const load = () => import("@/shared/parts/menu-loaded.tsx")
const Loaded = lazy(load)

/** A button with a menu. What opens it is fetched when somebody is about to, so that no first page waits for it. */
export function Menu(props: MenuProps) {
  const [isWanted, setWanted] = useState(false)
  const about = { onPointerEnter: () => void load(), onFocus: () => void load(), onClick: () => setWanted(true), "aria-haspopup": "menu", "aria-expanded": false }
  const closed = cloneElement(props.trigger, about)
  return isWanted ? <Suspense fallback={closed}><Loaded {...props} /></Suspense> : closed
}
