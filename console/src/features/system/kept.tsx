import { type Stored, useSection, useSectionCalls } from "@/client/objects.ts"
import { settingText } from "@/features/system/data.ts"
import { SCHEMAS } from "@/features/system/schema.ts"
import { strings } from "@/features/system/strings.ts"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { SourceBadge } from "@/shared/stored/actions.tsx"
import { StoredRest } from "@/shared/stored/rest.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const { kept } = strings
const head = kept.columns
const SECTIONS = ["cache", "alerts", "default_model", "provider_priority", "unknown_price"] as const
type Name = (typeof SECTIONS)[number]
type Row = { section: Name; row: Stored | undefined }
const COLUMNS: readonly Column<Row>[] = [
  { id: "name", head: head.name, cell: (one) => kept.sections[one.section] ?? one.section, value: (one) => one.section },
  { id: "value", head: head.value, cell: (one) => <span className="break-words">{settingText(one.section, one.row?.document ?? {})}</span>, value: (one) => settingText(one.section, one.row?.document ?? {}) },
  { id: "source", head: head.source, cell: (one) => (one.row ? <SourceBadge source={one.row.source} beneath={one.row.edited_beneath ?? false} /> : "–"), value: (one) => one.row?.source },
  { id: "version", head: head.version, align: "right", cell: (one) => one.row?.version || "–", value: (one) => one.row?.version },
]

/** Sections that operators may keep here instead of in the file. */
export function Kept({ open, onOpen }: { open: string; onOpen: (section: string) => void }) {
  const found = { cache: useSection("cache"), alerts: useSection("alerts"), default_model: useSection("default_model"), provider_priority: useSection("provider_priority"), unknown_price: useSection("unknown_price") }
  const failure = SECTIONS.map((section) => found[section].error).find((error) => error !== null)
  if (failure) return <ErrorState error={failure} />
  if (SECTIONS.some((section) => found[section].isPending)) return <Waiting lines={4} />
  const rows = SECTIONS.map((section) => ({ section, row: found[section].data?.[0] })).filter((one) => one.row)
  const opened = rows.find((one) => one.section === open)
  return (
    <div className="grid gap-4">
      <p className="max-w-3xl text-sm text-quiet">{kept.about}</p>
      {rows.length === 0 ? <EmptyState title={kept.empty} /> : <Table label={strings.tabs.kept} rows={rows} columns={COLUMNS} rowKey={(one) => one.section} file="sections" onOpen={(one) => onOpen(one.section)} />}
      <Drawer open={opened !== undefined} onClose={() => onOpen("")} title={opened ? (kept.sections[opened.section] ?? opened.section) : strings.tabs.kept}>
        {opened?.row && <One section={opened.section} row={opened.row} onClose={() => onOpen("")} />}
      </Drawer>
    </div>
  )
}

function One({ section, row, onClose }: { section: Name; row: Stored; onClose: () => void }) {
  const calls = useSectionCalls(section)
  return <div className="grid gap-5"><StoredRest key={row.version} row={row} calls={calls} schema={SCHEMAS[section]} permission="objects.operate" onGone={onClose} /></div>
}
