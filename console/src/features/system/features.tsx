import { useFeatures } from "@/features/system/data.ts"
import { strings } from "@/features/system/strings.ts"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

type Feature = { name: string; state: string }
const head = strings.columns

const COLUMNS: readonly Column<Feature>[] = [
  { id: "name", head: head.feature, cell: (one) => titled(one.name), value: (one) => one.name },
  { id: "state", head: head.ready, cell: (one) => <Badge tone={one.state === "on" ? "good" : one.state === "off" ? "plain" : "warn"}>{strings.states[one.state] ?? one.state}</Badge>, value: (one) => one.state },
]

function titled(name: string): string {
  const spaced = name.replaceAll("_", " ")
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

/** What this version does, and does not do yet. */
export function Features({ wanted, onSearch }: { wanted: string; onSearch: (text: string) => void }) {
  const found = useFeatures()
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const rows = Object.entries(found.data.features).map(([name, state]) => ({ name, state }))
  const shown = rows.filter((one) => `${one.name} ${titled(one.name)} ${one.state}`.toLowerCase().includes(wanted.toLowerCase()))
  const toolbar = <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={wanted} className="md:w-64" onChange={(event) => onSearch(event.target.value)} />
  return (
    <>
      <Table label={strings.tabs.features} rows={shown} columns={COLUMNS} rowKey={(one) => one.name} file="features" toolbar={toolbar} />
      {shown.length === 0 && <EmptyState title={strings.noFeature} />}
    </>
  )
}
