import { DatabaseZap, Trash2 } from "lucide-react"
import { useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { ClearDialog } from "@/features/cache/clear.tsx"
import { DEFAULTS, type Filters, type Saved, savedByModel, type Stats, type Trial, useFeedback, useStats, useTrials } from "@/features/cache/data.ts"
import { FeedbackDialog } from "@/features/cache/feedback.tsx"
import { strings } from "@/features/cache/strings.ts"
import { BarChart } from "@/shared/charts/bars.tsx"
import { useFilters } from "@/shared/filters.ts"
import { bytes, duration, money, number, percent } from "@/shared/format/numbers.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Facts } from "@/shared/parts/facts.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { Card, PageHead, Stat } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const { stat, tabs } = strings
type Props = { filters: Filters; setFilters: (change: Partial<Filters>) => void }

export default function CachePage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const [isClearing, setClearing] = useState(false)
  const [isTelling, setTelling] = useState(false)
  const found = useStats(filters.days)
  const mayWrite = useMay("cache.write")
  const isOn = found.data !== undefined && (found.data.enabled || found.data.entries > 0)
  const choices = ["", "1", "7", "30", "90"].map((value) => ({ value, label: strings.times[value as keyof typeof strings.times] }))
  const clear = isOn && <><SelectField label={strings.time} hideLabel choices={choices} value={filters.days} onChange={(event) => setFilters({ days: event.target.value })} />{mayWrite && <><Button onClick={() => setTelling(true)}>{strings.feedback}</Button><Button kind="danger" icon={<Trash2 size={16} />} onClick={() => setClearing(true)}>{strings.clear}</Button></>}</>
  const models = [...new Set(found.data?.items.map((one) => one.model) ?? [])].sort()
  return (
    <>
      <PageHead title={strings.title} actions={clear}>{strings.about}</PageHead>
      {found.isPending ? <Waiting /> : found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : isOn ? <Body stats={found.data} filters={filters} setFilters={setFilters} /> : <EmptyState title={strings.off} icon={<DatabaseZap size={28} />}>{strings.offText}</EmptyState>}
      <ClearDialog open={isClearing} models={models} onClose={() => setClearing(false)} />
      <FeedbackDialog open={isTelling} onClose={() => setTelling(false)} />
    </>
  )
}

function Body({ stats, filters, setFilters }: Props & { stats: Stats }) {
  const mayTrials = useMay("cache.write")
  const hits = stats.hits + stats.semantic_hits
  const kept = `${stats.complete ? "" : `${stat.atLeast} `}${number(stats.entries)}`
  return (
    <div className="grid gap-5">
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Stat label={stat.rate} value={percent(stats.hit_rate)} hint={stat.rateHint(number(hits), number(hits + stats.misses))} />
        <Stat label={stat.saved} value={money(stats.cost_saved, stats.currency)} hint={stat.savedHint(number(stats.tokens_saved, true))} />
        <Stat label={stat.time} value={duration(stats.time_saved_ms)} hint={stat.timeHint} />
        <Stat label={stat.kept} value={kept} hint={stat.keptHint(bytes(stats.bytes))} />
      </div>
      <div className="rounded-xl border bg-card p-4 shadow-lift"><Facts facts={[[strings.semantic, strings.semantics[stats.semantic] ?? stats.semantic], [strings.store, strings.stores[stats.store] ?? stats.store]]} /></div>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab, sort: "" })}
        tabs={[
          { id: "saved", label: tabs.saved, content: <SavedList stats={stats} filters={filters} setFilters={setFilters} /> },
          // What people asked is shown to whoever may clear the cache.
          ...(mayTrials ? [{ id: "trials", label: tabs.trials, content: <TrialList filters={filters} setFilters={setFilters} /> }] : []),
        ]}
      />
    </div>
  )
}

function SavedList({ stats, filters, setFilters }: Props & { stats: Stats }) {
  const teams = useDirectory("teams")
  const team = (one: Saved) => (one.team ? teams.nameOf(one.team) : strings.noTeam)
  const columns: readonly Column<Saved>[] = [
    { id: "model", head: head.model, cell: (one) => one.model, value: (one) => one.model },
    { id: "team", head: head.team, cell: team, value: team },
    { id: "hits", head: head.hits, align: "right", cell: (one) => number(one.hits), value: (one) => one.hits },
    { id: "semantic", head: head.semantic, align: "right", cell: (one) => number(one.semantic_hits), value: (one) => one.semantic_hits, deskOnly: true },
    { id: "shadow", head: head.shadow, align: "right", cell: (one) => number(one.shadow_hits), value: (one) => one.shadow_hits, deskOnly: true },
    { id: "misses", head: head.misses, align: "right", cell: (one) => number(one.misses), value: (one) => one.misses },
    { id: "tokens", head: head.tokens, align: "right", cell: (one) => number(one.tokens_saved, true), value: (one) => one.tokens_saved, deskOnly: true },
    { id: "cost", head: head.cost, align: "right", cell: (one) => <span className="figures">{money(one.cost_saved, stats.currency)}</span>, value: (one) => one.cost_saved },
    { id: "time", head: head.time, align: "right", cell: (one) => duration(one.time_saved_ms), value: (one) => one.time_saved_ms, deskOnly: true },
  ]
  if (stats.items.length === 0) return <EmptyState title={strings.empty} icon={<DatabaseZap size={28} />}>{strings.emptyText}</EmptyState>
  return (
    <div className="grid gap-4">
      <Card title={strings.bars}><BarChart label={strings.bars} bars={savedByModel(stats.items).slice(0, 8)} format={(value) => money(value.toPrecision(6), stats.currency)} /></Card>
      <Table label={tabs.saved} rows={stats.items} columns={columns} rowKey={(one) => `${one.team} ${one.model}`} file="cache" sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
    </div>
  )
}

const TRIAL_COLUMNS: readonly Column<Trial>[] = [
  { id: "asked", head: head.asked, cell: (one) => <span className="line-clamp-3 break-words">{one.asked}</span>, value: (one) => one.asked },
  { id: "answered", head: head.answered, cell: (one) => <span className="line-clamp-3 break-words">{one.answered}</span>, value: (one) => one.answered },
  { id: "model", head: head.model, cell: (one) => one.model, value: (one) => one.model },
  { id: "similarity", head: head.similarity, align: "right", cell: (one) => percent(one.similarity), value: (one) => one.similarity },
]

function TrialList({ filters, setFilters }: Props) {
  const found = useTrials()
  const feedback = useFeedback()
  const tell = (one: Trial) => feedback.mutate(one.id, { onSuccess: (done) => notify(strings.wrongSaid(done.removed)) })
  const wrong: Column<Trial> = { id: "wrong", head: "", align: "right", cell: (one) => <Button kind="quiet" disabled={feedback.isPending} aria-label={strings.wrongOf(one.asked)} onClick={() => tell(one)}>{strings.wrong}</Button> }
  if (found.isPending) return <Waiting lines={3} />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data.length === 0) return <EmptyState title={strings.noTrials} icon={<DatabaseZap size={28} />}>{strings.noTrialsText}</EmptyState>
  return (
    <div className="grid gap-3">
      {feedback.error && <ErrorState error={feedback.error} compact />}
      <Table label={tabs.trials} rows={found.data} columns={[...TRIAL_COLUMNS, wrong]} rowKey={(one) => `${one.id} ${one.asked}`} file="cache-trials" sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
    </div>
  )
}
