import { ScrollText } from "lucide-react"
import { useMemo } from "react"
import { useDirectory } from "@/client/directory.ts"
import { DEFAULTS, type Entry, saveAll, useLog } from "@/features/requests/data.ts"
import { RequestDrawer } from "@/features/requests/detail.tsx"
import { RequestFilters } from "@/features/requests/filters.tsx"
import { EndingBadge } from "@/features/requests/parts.tsx"
import { strings } from "@/features/requests/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { duration, money, number } from "@/shared/format/numbers.ts"
import { moment } from "@/shared/format/times.ts"
import { Badge, PageHead } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns

function columnsFor(nameOf: { team: (id: string) => string; user: (id: string) => string; key: (id: string) => string }): readonly Column<Entry>[] {
  return [
    { id: "at", head: head.at, cell: (row) => <time dateTime={row.at} className="md:whitespace-nowrap">{moment(row.at)}</time>, value: (row) => row.at },
    { id: "model", head: head.model, cell: (row) => row.model || "–", value: (row) => row.model },
    { id: "ending", head: head.ending, cell: (row) => <EndingBadge found={row} />, value: (row) => row.error_code || row.ending },
    { id: "team", head: head.team, cell: (row) => (row.team ? nameOf.team(row.team) : "–"), value: (row) => row.team, deskOnly: true },
    { id: "user", head: head.user, cell: (row) => (row.user ? nameOf.user(row.user) : nameOf.key(row.key_id) || "–"), value: (row) => row.user },
    { id: "tokens", head: head.tokens, cell: (row) => <span className="whitespace-nowrap">{row.input_tokens + row.output_tokens === 0 ? "–" : strings.tokens(number(row.input_tokens, true), number(row.output_tokens, true))}</span>, value: (row) => row.input_tokens + row.output_tokens, align: "right" },
    { id: "cost", head: head.cost, cell: (row) => (row.provider === "" && Number(row.cost) === 0 ? "–" : row.priced ? money(row.cost, row.currency, 6, true) : <span className="text-quiet">{strings.unpriced}</span>), value: (row) => (row.priced ? row.cost : null), align: "right" },
    { id: "time", head: head.time, cell: (row) => <span className="whitespace-nowrap">{duration(row.duration_ms)}</span>, value: (row) => row.duration_ms, align: "right" },
    { id: "cache", head: head.cache, cell: (row) => (row.cache.includes("hit") ? <Badge tone="info">{strings.caches[row.cache] ?? row.cache}</Badge> : <span className="text-quiet">–</span>), value: (row) => row.cache, deskOnly: true },
  ]
}

export default function RequestsPage() {
  const [filters, setFilters] = useFilters(DEFAULTS)
  const log = useLog(filters)
  const names = { department: useDirectory("departments").nameOf, team: useDirectory("teams").nameOf, user: useDirectory("users").nameOf, key: useDirectory("keys").nameOf }
  const { team, user, key } = names
  const columns = useMemo(() => columnsFor({ team, user, key }), [team, user, key])
  return (
    <>
      <PageHead title={strings.title}>{strings.about}</PageHead>
      <RequestFilters filters={filters} setFilters={setFilters} />
      {log.isPending ? (
        <Waiting />
      ) : log.error && log.rows.length === 0 ? (
        <ErrorState error={log.error} onRetry={log.reload} />
      ) : log.rows.length === 0 && !log.hasMore ? (
        <EmptyState title={strings.empty} icon={<ScrollText size={28} />}>{strings.emptyText}</EmptyState>
      ) : (
        <Table label={strings.title} rows={log.rows} columns={columns} rowKey={(row) => row.receipt_id} file="requests" onOpen={(row) => setFilters({ request: row.request_id, show: row.receipt_id })} hasMore={log.hasMore} onMore={log.loadMore} loadingMore={log.loadingMore} saveAll={() => saveAll(filters)} />
      )}
      <RequestDrawer id={filters.request} receipt={filters.show} onClose={() => setFilters({ request: "", show: "" })} names={names} />
    </>
  )
}
