import { isRecord } from "@/client/errors.ts"
import { useDirectory } from "@/client/directory.ts"
import { type Effective as Found, type Given, useEffective } from "@/features/policies/data.ts"
import { strings } from "@/features/policies/strings.ts"
import { Facts } from "@/shared/parts/facts.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { FilterBar } from "@/shared/parts/filter-bar.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { ErrorState, Waiting } from "@/shared/parts/states.tsx"

const said = strings.effective
const LEVELS = [["department", "departments"], ["team", "teams"], ["user", "users"], ["key", "keys"]] as const

/** What all policies come to for somebody of the own organisation. */
export function Effective({ filters, setFilters }: Given) {
  const { department, team, user, key } = filters
  const found = useEffective({ department, team, user, key })
  return (
    <>
      <FilterBar>
        {LEVELS.map(([level, kind]) => <Whose key={level} level={level} kind={kind} value={filters[level]} onChange={(value) => setFilters({ [level]: value })} />)}
      </FilterBar>
      {found.isPending ? <Waiting /> : found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : <Shown found={found.data} />}
    </>
  )
}

function Whose({ level, kind, value, onChange }: { level: (typeof LEVELS)[number][0]; kind: (typeof LEVELS)[number][1]; value: string; onChange: (value: string) => void }) {
  const { rows } = useDirectory(kind)
  if (rows.length === 0) return null
  const choices = [{ value: "", label: `${said[level]}: –` }, ...rows.map((row) => ({ value: row.id, label: row.name }))]
  return <SelectField label={said[level]} hideLabel value={value} choices={choices} onChange={(event) => onChange(event.target.value)} />
}

function Shown({ found }: { found: Found }) {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[1fr_2fr]">
      <Card title={said.chain}>
        <ol className="grid gap-2 text-sm">
          {found.chain.map((one) => <li key={`${one.level} ${one.policy}`} className="flex flex-wrap items-center gap-2"><Badge>{one.level}</Badge><span className="font-medium">{one.policy}</span></li>)}
        </ol>
        <p className="mt-3 text-xs break-all text-quiet"><code className="font-mono">{found.policy}</code></p>
      </Card>
      <Card title={said.terms}>
        <Facts facts={Object.entries(found.terms).map(([name, value]) => [titled(name), termText(value)] as const)} />
      </Card>
    </div>
  )
}

function titled(name: string): string {
  const spaced = name.replaceAll("_", " ")
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

/** A term for people: a switch, a choice, a list of guardrails, or a number. */
function termText(value: unknown): string {
  if (typeof value === "boolean") return value ? said.yes : said.no
  if (value === null || value === undefined || value === "") return "–"
  if (Array.isArray(value)) return value.map((one) => (isRecord(one) ? rowText(one) : String(one))).join(", ") || said.noGuardrails
  if (!isRecord(value)) return String(value)
  if (!("within" in value)) return Object.entries(value).map(([name, one]) => `${name}: ${termText(one)}`).join("; ")
  const within = (Array.isArray(value.within) ? value.within : []).map((one) => (Array.isArray(one) ? one.join(", ") || said.nothing : String(one)))
  const denied = Array.isArray(value.denied) && value.denied.length ? said.denied(value.denied.join(", ")) : ""
  return [within.join(" & ") || said.anything, denied].filter(Boolean).join("; ")
}

function rowText(row: Readonly<Record<string, unknown>>): string {
  const name = String(row.id ?? row.guardrail ?? row.name ?? "")
  const more = [row.mode, row.side].filter((one) => typeof one === "string" && one !== "").join(", ")
  return more ? `${name} (${more})` : name
}
