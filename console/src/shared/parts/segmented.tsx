import { type ReactNode, useId } from "react"
import { cx } from "@/shared/classes.ts"

export type Segment = { value: string; label: ReactNode }

/** One of a few, all of them seen: radio buttons that look like one switch. */
export function Segmented({ label, segments, value, onChange, className }: { label: string; segments: readonly Segment[]; value: string; onChange: (value: string) => void; className?: string }) {
  const name = useId()
  return (
    <fieldset className={cx("inline-flex max-w-full gap-0.5 overflow-x-auto rounded-lg border bg-panel p-0.5", className)}>
      <legend className="sr-only">{label}</legend>
      {segments.map((one) => (
        <label key={one.value} className="touch relative inline-flex flex-1 cursor-pointer items-center justify-center rounded-md px-3 text-sm font-medium whitespace-nowrap text-quiet has-checked:bg-card has-checked:text-text has-checked:shadow-lift has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent">
          <input type="radio" className="sr-only" name={name} value={one.value} checked={one.value === value} onChange={() => onChange(one.value)} />
          {one.label}
        </label>
      ))}
    </fieldset>
  )
}
