import { ListFilter, X } from "lucide-react"
import { type ReactNode, useState } from "react"
import { Button } from "@/shared/parts/button.tsx"
import { words } from "@/shared/strings.ts"

export type Active = { name: string; label: string; onClear: () => void }

/** Filters of a list: those always seen, those behind a button, and which of them are on, each with its way out. */
export function FilterBar({ children, more, active = [], onClear }: { children: ReactNode; more?: ReactNode; active?: readonly Active[]; onClear?: () => void }) {
  const [open, setOpen] = useState(false)
  return (
    <div className="mb-3 grid gap-2">
      <div className="flex flex-wrap items-end gap-2 max-md:grid max-md:grid-cols-2 max-md:*:min-w-0 max-md:*:has-[[type=search],fieldset]:col-span-2 md:[&_input]:text-sm md:[&_select]:text-sm">
        {children}
        {more && <Button kind="quiet" className="max-md:justify-start" icon={<ListFilter size={16} />} aria-expanded={open} onClick={() => setOpen(!open)}>{open ? words.fewerFilters : words.moreFilters}</Button>}
      </div>
      {more && open && <div className="grid gap-3 rounded-xl border bg-card p-4 sm:grid-cols-2 lg:grid-cols-4 md:[&_input]:text-sm md:[&_select]:text-sm">{more}</div>}
      {active.length > 0 && (
        <ul className="flex flex-wrap items-center gap-1.5" aria-label={words.activeFilters}>
          {active.map((one) => (
            <li key={one.name}>
              <button type="button" onClick={one.onClear} aria-label={words.clearOne(one.label)} className="touch inline-flex items-center gap-1.5 rounded-lg bg-soft px-2.5 text-sm text-accent hover:bg-line">
                {one.label}<X size={14} aria-hidden />
              </button>
            </li>
          ))}
          {onClear && active.length > 1 && <li><Button kind="quiet" onClick={onClear}>{words.clearAll}</Button></li>}
        </ul>
      )}
    </div>
  )
}
