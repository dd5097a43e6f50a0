import { CircleCheck, OctagonX, TriangleAlert } from "lucide-react"
import { type Given, usePolicyNames } from "@/features/guardrails/data.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { cx } from "@/shared/classes.ts"
import { SelectField } from "@/shared/parts/field.tsx"
import { Badge } from "@/shared/parts/small.tsx"

const said = strings.bench

export function PolicyField({ filters, setFilters }: Given) {
  const names = usePolicyNames()
  const known = filters.policy && !names.includes(filters.policy) ? [filters.policy, ...names] : names
  const choices = [{ value: "", label: said.ownPolicies }, ...known.map((name) => ({ value: name, label: name }))]
  return <SelectField label={said.policy} value={filters.policy} choices={choices} onChange={(event) => setFilters({ policy: event.target.value })} />
}

const TONES = { good: "border-good bg-good-soft", warn: "border-warn bg-warn-soft", bad: "border-bad bg-bad-soft" } as const
const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: OctagonX } as const

/** What became of it, in one line. */
export function Outcome({ tone, title, children }: { tone: keyof typeof TONES; title: string; children?: string }) {
  const Icon = ICONS[tone]
  return (
    <div role="status" className={cx("flex gap-3 rounded-xl border p-4", TONES[tone])}>
      <Icon size={20} className="mt-0.5 shrink-0" aria-hidden />
      <div className="min-w-0"><p className="font-semibold">{title}</p>{children && <p className="text-sm break-words">{children}</p>}</div>
    </div>
  )
}

/** `pii@aea5477e:redact:files` → `pii: redacted`. */
export function Verdicts({ verdicts }: { verdicts: readonly string[] }) {
  return (
    <ul aria-label={said.verdicts} className="flex flex-wrap gap-1">
      {verdicts.map((one) => {
        const [who = "", what = ""] = one.split(":")
        const tone = what === "pass" ? "good" : what === "block" ? "bad" : "warn"
        return <li key={one}><Badge tone={tone} title={one}>{who.split("@")[0]}: {strings.modes[what] ?? what.replaceAll("_", " ")}</Badge></li>
      })}
    </ul>
  )
}
