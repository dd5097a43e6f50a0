import { type Entry, type Filters, useTrail } from "@/features/audit/data.ts"
import { strings } from "@/features/audit/strings.ts"
import { actorText, OutcomeBadge, targetText, useNames } from "@/features/audit/trail.tsx"
import { moment } from "@/shared/format/times.ts"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { Badge, CodeBlock } from "@/shared/parts/small.tsx"
import { EmptyState } from "@/shared/parts/states.tsx"

const { facts } = strings

/** One entry of those that are loaded; the gateway has no route for a single one. */
export function EntryDrawer({ filters, onClose }: { filters: Filters; onClose: () => void }) {
  const trail = useTrail(filters, filters.tab === "security")
  const found = trail.rows.find((row) => row.id === filters.entry)
  return (
    <Drawer open={filters.entry !== "" && !trail.isPending} onClose={onClose} title={found?.action ?? strings.detail}>
      {found ? <One entry={found} /> : <EmptyState title={strings.empty}>{strings.emptyText}</EmptyState>}
    </Drawer>
  )
}

function One({ entry }: { entry: Entry }) {
  const nameOf = useNames()
  const code = (text: string) => <code className="font-mono text-xs">{text}</code>
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap gap-2"><OutcomeBadge outcome={entry.outcome} /><Badge>{strings.kinds[entry.kind] ?? entry.kind}</Badge></div>
      <Facts
        facts={[
          [facts.at, moment(entry.at)],
          [facts.actor, <span key="who">{actorText(entry)}{entry.actor && <span className="block">{code(entry.actor)}</span>}</span>],
          entry.actor_role !== "" && [facts.role, entry.actor_role],
          entry.target !== "" && [facts.target, <span key="what">{targetText(entry, nameOf)}<span className="block">{code(entry.target)}</span></span>],
          entry.address !== "" && [facts.address, entry.address],
          entry.request_id !== "" && [facts.request, code(entry.request_id)],
          [facts.entry, code(entry.id)],
        ]}
      />
      {Object.keys(entry.details).length > 0 && <Section title={strings.details}><CodeBlock code={JSON.stringify(entry.details, null, 2)} label={strings.details} /></Section>}
    </div>
  )
}
