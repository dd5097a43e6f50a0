import { type Given, type Kind, useKinds } from "@/features/guardrails/data.ts"
import { KindDrawer } from "@/features/guardrails/kind.tsx"
import { aboutOf, kindName } from "@/features/guardrails/schema.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { TextField } from "@/shared/parts/field.tsx"
import { FilterBar } from "@/shared/parts/filter-bar.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"

export function Catalogue({ filters, setFilters }: Given) {
  const kinds = useKinds()
  if (kinds.isPending) return <Waiting />
  if (kinds.error) return <ErrorState error={kinds.error} onRetry={() => void kinds.refetch()} />
  const wanted = filters.q.toLowerCase()
  const shown = kinds.data.items.filter((one) => `${one.kind} ${one.about} ${one.ids.join(" ")}`.toLowerCase().includes(wanted))
  return (
    <>
      <FilterBar>
        <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-64" onChange={(event) => setFilters({ q: event.target.value })} />
      </FilterBar>
      {shown.length === 0 ? (
        <EmptyState title={strings.noMatch} />
      ) : (
        <ul aria-label={strings.kinds} className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
          {shown.map((kind) => <li key={kind.kind} className="min-w-0"><KindCard kind={kind} onOpen={() => setFilters({ kind: kind.kind })} /></li>)}
        </ul>
      )}
      <KindDrawer kind={kinds.data.items.find((one) => one.kind === filters.kind)} ruleName={filters.rule} onRule={(rule) => setFilters({ rule })} onClose={() => setFilters({ kind: "", rule: "" })} />
    </>
  )
}

function KindCard({ kind, onOpen }: { kind: Kind; onOpen: () => void }) {
  const isInUse = kind.ids.length > 0
  return (
    <article className="relative grid h-full content-start gap-2 rounded-xl border bg-card p-4 shadow-lift hover:border-edge">
      <header className="flex items-start justify-between gap-2">
        <button type="button" className="touch min-w-0 text-left font-semibold underline-offset-2 after:absolute after:inset-0 after:rounded-xl hover:underline" onClick={onOpen}>{kindName(kind.kind)}</button>
        <Badge tone={strings.speedTones[kind.price_class] ?? "plain"}>{strings.speed[kind.price_class] ?? kind.price_class}</Badge>
      </header>
      <p className="text-sm text-quiet">{aboutOf(kind)}</p>
      <p className="mt-1 flex flex-wrap gap-1">
        {isInUse ? kind.ids.map((id) => <Badge key={id} tone="accent">{id}</Badge>) : <Badge>{strings.notInUse}</Badge>}
        {kind.sides.map((side) => <Badge key={side}>{strings.sides[side] ?? side}</Badge>)}
      </p>
    </article>
  )
}
