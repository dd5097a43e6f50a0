import { TextField } from "@/shared/parts/field.tsx"
import { Segmented } from "@/shared/parts/segmented.tsx"
import { localOf, type RangeFilters, SPANS, spanOf } from "@/shared/range.ts"
import { words } from "@/shared/strings.ts"

/** From when to when: a span until now, or two moments on the tenant's clocks. `value` and `onChange` are a page's filters. */
export function RangePicker({ value, onChange, spans = SPANS }: { value: RangeFilters; onChange: (change: Partial<RangeFilters>) => void; spans?: readonly string[] }) {
  const isCustom = value.range === "custom"
  const segments = [...spans.map((span) => ({ value: span, label: <><span aria-hidden>{span}</span><span className="sr-only">{words.lastSpan(span)}</span></> })), { value: "custom", label: words.custom }]
  const choose = (range: string) => {
    if (range !== "custom") return onChange({ range, since: "", until: "" })
    const now = spanOf(value)
    onChange({ range, since: localOf(now.since), until: localOf(now.until ?? Date.now()) })
  }
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Segmented label={words.range} segments={segments} value={value.range} onChange={choose} />
      {isCustom && (
        <>
          <TextField type="datetime-local" label={words.from} hideLabel value={value.since} max={value.until || undefined} onChange={(event) => onChange({ since: event.target.value })} />
          <TextField type="datetime-local" label={words.to} hideLabel value={value.until} min={value.since || undefined} onChange={(event) => onChange({ until: event.target.value })} />
        </>
      )}
    </div>
  )
}
