import { Plus } from "lucide-react"
import { useState } from "react"
import { type Kind, type Rule, useRuleCalls, useRules } from "@/features/guardrails/data.ts"
import { aboutOf, kindName, ruleSchema, settingsOf } from "@/features/guardrails/schema.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { settled, titleOf } from "@/shared/form/schema.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { ErrorState, Skeleton } from "@/shared/parts/states.tsx"
import { useMay } from "@/shared/session.ts"
import { MakeStored, SourceBadge } from "@/shared/stored/actions.tsx"
import { StoredRest } from "@/shared/stored/rest.tsx"

const { facts } = strings

/** One kind: what it does, which of it are set up, and the form to set one up. */
export function KindDrawer({ kind, ruleName, onRule, onClose }: { kind: Kind | undefined; ruleName: string; onRule: (name: string) => void; onClose: () => void }) {
  return (
    <Drawer wide open={kind !== undefined} onClose={onClose} title={kind ? kindName(kind.kind) : ""}>
      {kind && <One kind={kind} ruleName={ruleName} onRule={onRule} />}
    </Drawer>
  )
}

function One({ kind, ruleName, onRule }: { kind: Kind; ruleName: string; onRule: (name: string) => void }) {
  const isOperator = useMay("objects.operate")
  const mayReadRules = useMay("routing.read")
  const [isMaking, setMaking] = useState(false)
  const calls = useRuleCalls()
  const named = (words: Readonly<Record<string, string>>, all: readonly string[]) => all.map((one) => words[one] ?? one).join(", ")
  const make = isOperator && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{strings.add}</Button>
  return (
    <div className="grid gap-5">
      <p>{aboutOf(kind)}</p>
      <Facts
        facts={[
          [facts.looksAt, named(strings.sides, kind.sides)],
          [facts.can, named(strings.modes, kind.modes)],
          [facts.takes, <Badge key="speed" tone={strings.speedTones[kind.price_class] ?? "plain"}>{strings.speed[kind.price_class] ?? kind.price_class}</Badge>],
          [facts.inUse, kind.ids.length ? kind.ids.join(", ") : strings.notInUse],
        ]}
      />
      {mayReadRules && <Rules kind={kind} ruleName={ruleName} onRule={onRule} />}
      <SettingsList kind={kind} />
      {make && <div>{make}</div>}
      <MakeStored open={isMaking} onClose={() => setMaking(false)} title={strings.addTitle(kindName(kind.kind))} nameHint={strings.nameHint} mayChoose={false} schema={ruleSchema(kind)} onMake={(name, document) => calls.create(name, name === kind.kind ? document : { ...document, kind: kind.kind })} onMade={onRule} />
    </div>
  )
}

function Rules({ kind, ruleName, onRule }: { kind: Kind; ruleName: string; onRule: (name: string) => void }) {
  const rules = useRules()
  const calls = useRuleCalls()
  if (rules.error) return <ErrorState error={rules.error} compact onRetry={() => void rules.refetch()} />
  if (rules.isPending) return <Skeleton className="h-12 w-full" />
  const mine = rules.data.items.filter((row) => kindOfRule(row) === kind.kind)
  if (mine.length === 0) return null
  return (
    <Section title={strings.rule}>
      {mine.map((row) => (
        <details key={`${row.tenant} ${row.name}`} open={row.name === ruleName} className="rounded-lg border px-3" onToggle={(event) => { if (event.currentTarget.open && ruleName !== row.name) onRule(row.name) }}>
          <summary className="touch flex flex-wrap items-center gap-2 py-1 font-medium">{row.name} <SourceBadge source={row.source} beneath={row.edited_beneath ?? false} /></summary>
          <div className="grid gap-4 pb-3"><StoredRest row={row} calls={calls} schema={ruleSchema(kind)} onGone={() => onRule("")} /></div>
        </details>
      ))}
    </Section>
  )
}

function kindOfRule(row: Rule): string {
  const said = row.document?.kind
  return typeof said === "string" && said ? said : row.name
}

/** What the kind can be told, for whoever reads only. */
function SettingsList({ kind }: { kind: Kind }) {
  const schema = settingsOf(kind)
  const fields = Object.entries(schema.properties ?? {})
  return (
    <Section title={strings.settings}>
      <p className="text-sm text-quiet">{fields.length ? strings.settingsAbout : strings.needsNone}</p>
      {fields.length > 0 && (
        <dl className="grid gap-3 text-sm">
          {fields.map(([name, one]) => {
            const plain = settled(one, schema)
            return (
              <div key={name} className="grid gap-0.5 border-t pt-2 first:border-t-0 first:pt-0">
                <dt className="flex flex-wrap items-baseline gap-2"><span className="font-medium">{titleOf(name, plain)}</span><code className="font-mono text-xs text-quiet">{name}</code></dt>
                {plain.description && <dd className="text-quiet">{plain.description}</dd>}
                {plain.default !== undefined && plain.default !== null && <dd className="break-words text-quiet">{strings.defaultsTo(shortened(plain.default))}</dd>}
              </div>
            )
          })}
        </dl>
      )}
    </Section>
  )
}

const LONGEST = 160

function shortened(value: unknown): string {
  const text = Array.isArray(value) && value.every((one) => typeof one !== "object") ? value.join(", ") || strings.nothing : typeof value === "boolean" ? (value ? strings.yes : strings.no) : typeof value === "string" ? value || strings.nothing : JSON.stringify(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
