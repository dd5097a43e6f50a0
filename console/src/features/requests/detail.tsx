import { type Detail, useDetail } from "@/features/requests/data.ts"
import { Cost, EndingBadge, SmallTable, Times, Verdicts } from "@/features/requests/parts.tsx"
import { strings } from "@/features/requests/strings.ts"
import { bytes, duration } from "@/shared/format/numbers.ts"
import { moment } from "@/shared/format/times.ts"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { Badge, CopyButton } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"

type Names = { department: (id: string) => string; team: (id: string) => string; user: (id: string) => string; key: (id: string) => string }
const { facts, attempts, finding } = strings

export function RequestDrawer({ id, receipt, onClose, names }: { id: string; receipt: string; onClose: () => void; names: Names }) {
  const detail = useDetail(id)
  const items = detail.data?.items ?? []
  const found = items.find((one) => one.receipt_id === receipt) ?? items[0]
  return (
    <Drawer open={id !== ""} onClose={onClose} title={strings.detail} wide>
      {detail.isPending ? <Waiting /> : detail.error ? <ErrorState error={detail.error} onRetry={() => void detail.refetch()} /> : found ? <One found={found} others={items.length} names={names} /> : <EmptyState>{strings.gone}</EmptyState>}
    </Drawer>
  )
}

function One({ found, others, names }: { found: Detail; others: number; names: Names }) {
  const where = [found.department && names.department(found.department), found.team && names.team(found.team)].filter(Boolean).join(" / ")
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center gap-2">
        <EndingBadge found={found} />
        <Badge>{found.status}</Badge>
        {found.stream && <Badge>{strings.stream}</Badge>}
        {found.cache.includes("hit") && <Badge tone="info">{strings.caches[found.cache] ?? found.cache}</Badge>}
        <span className="ml-auto inline-flex items-center text-sm text-quiet">{strings.copy}<CopyButton text={JSON.stringify(found, null, 2)} label={strings.copy} /></span>
      </div>
      {others > 1 && <p className="text-sm text-quiet">{strings.several(others)}</p>}
      <Facts
        facts={[
          [facts.request, <code key="id" className="font-mono text-xs">{found.request_id}</code>],
          [facts.at, moment(found.at)],
          [facts.who, found.user ? names.user(found.user) : "–"],
          where !== "" && [facts.where, where],
          [facts.key, names.key(found.key_id)],
          found.address !== "" && [facts.address, found.address],
          [facts.asked, `${found.model || "–"} · ${found.dialect} · ${found.operation}`],
          found.provider !== "" && [facts.answered, `${found.provider} · ${found.upstream_model}`],
          found.finish !== "" && [facts.finish, found.finish],
          found.policy !== "" && [facts.policy, found.policy],
          [facts.snapshot, strings.version(found.snapshot)],
          [facts.sizes, strings.sizes(bytes(found.request_bytes), bytes(found.response_bytes))],
        ]}
      />
      <Section title={strings.times}><Times found={found} /></Section>
      <Section title={strings.plan}><Plan found={found} /></Section>
      <Section title={strings.verdicts}>
        <Verdicts found={found.verdicts} />
        {found.findings.length > 0 && (
          <SmallTable
            label={strings.findings}
            heads={[finding.kind, finding.does, finding.guardrail, finding.side, finding.place]}
            rows={found.findings.map((one) => [text(one.kind), text(one.does), text(one.guardrail), text(one.side), `${text(one.path)}, ${strings.span(Number(one.start), Number(one.end))}`])}
          />
        )}
      </Section>
      <Section title={strings.cost}><Cost found={found} /></Section>
    </div>
  )
}

function Plan({ found }: { found: Detail }) {
  const tries = found.attempts
  const place = [found.provider, found.upstream_model].filter(Boolean).join(" / ")
  return (
    <>
      {tries.length === 0 ? <p className="text-sm">{place ? strings.oneTry(place) : strings.noTry}</p> : (
        <SmallTable
          label={strings.plan}
          heads={[attempts.number, attempts.deployment, attempts.outcome, attempts.time, attempts.credential]}
          rows={tries.map((one, line) => [String(line + 1), `${text(one.provider)} / ${text(one.model)}`, text(one.outcome), duration(Number(one.duration_ms)), text(one.credential) || "–"])}
          right={[3]}
        />
      )}
      {found.dropped.length > 0 && (
        <SmallTable label={strings.dropped} heads={[strings.dropped, strings.reason]} rows={found.dropped.map((one) => [`${text(one.provider)} / ${text(one.model)}`, text(one.reason)])} />
      )}
    </>
  )
}

/** A member of a loosely described row. */
function text(value: unknown): string {
  return value === null || value === undefined ? "" : String(value)
}
