import { Download, ShieldAlert, ShieldCheck } from "lucide-react"
import { type Chain, type Format, KINDS, useAuditActions, useVerify } from "@/features/audit/data.ts"
import { strings } from "@/features/audit/strings.ts"
import type { Given } from "@/features/audit/trail.tsx"
import { number } from "@/shared/format/numbers.ts"
import { Button } from "@/shared/parts/button.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { RangePicker } from "@/shared/parts/range.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const { chain: head } = strings

const columnsFor = (several: boolean): readonly Column<Chain>[] => [
  { id: "chain", head: head.name, cell: (one) => `${several ? `${one.tenant}: ` : ""}${strings.chainNames[one.chain] ?? one.chain}`, value: (one) => `${one.tenant} ${one.chain}` },
  { id: "state", head: head.state, cell: (one) => <Badge tone={one.whole ? "good" : "bad"}>{one.whole ? strings.ok : strings.bad}</Badge>, value: (one) => one.whole },
  { id: "entries", head: head.entries, cell: (one) => number(one.entries), value: (one) => one.entries, align: "right" },
  { id: "links", head: head.links, cell: (one) => number(one.links), value: (one) => one.links, align: "right" },
  { id: "checkpoints", head: head.checkpoints, cell: (one) => number(one.checkpoints), value: (one) => one.checkpoints, align: "right" },
  { id: "trimmed", head: head.trimmed, cell: (one) => number(one.trimmed), value: (one) => one.trimmed, align: "right" },
  { id: "what", head: head.what, cell: (one) => (one.whole ? "–" : strings.first(number(one.first_broken), one.what)), value: (one) => one.what },
]

export function Proof(given: Given) {
  const mayExport = useMay("audit.export")
  return (
    <div className="grid gap-4">
      <Verify />
      {mayExport && <Export {...given} />}
    </div>
  )
}

function Verify() {
  const verify = useVerify()
  const found = verify.data
  const Icon = found?.whole ? ShieldCheck : ShieldAlert
  return (
    <Card title={strings.proof} action={<Button kind="primary" busy={verify.isPending} onClick={() => verify.mutate()}>{strings.verify}</Button>}>
      <p className="text-sm text-quiet">{strings.proofText}</p>
      {verify.error && <div className="mt-3"><ErrorState error={verify.error} compact onRetry={() => verify.mutate()} /></div>}
      {found && (
        <div className="mt-4 grid gap-3">
          <div role={found.whole ? "status" : "alert"} className={`flex gap-3 rounded-xl p-4 ${found.whole ? "bg-good-soft text-good" : "bg-bad-soft text-bad"}`}>
            <Icon aria-hidden className="shrink-0" />
            <div><p className="font-semibold">{found.whole ? strings.whole : strings.broken}</p>{!found.whole && <p className="text-sm">{strings.brokenText}</p>}</div>
          </div>
          <Table label={strings.chains} rows={found.chains} columns={columnsFor(new Set(found.chains.map((one) => one.tenant)).size > 1)} rowKey={(one) => `${one.tenant}/${one.chain}`} file="audit-chains" />
        </div>
      )}
    </Card>
  )
}

function Export({ filters, setFilters }: Given) {
  const { take } = useAuditActions()
  const kinds = [{ value: "", label: strings.everyKind }, ...KINDS.map((value) => ({ value, label: strings.kinds[value] ?? value }))]
  const formats = Object.entries(strings.formats) as [Format, string][]
  return (
    <Card title={strings.export}>
      <p className="mb-3 text-sm text-quiet">{strings.exportText}</p>
      {take.error && <ErrorState error={take.error} compact />}
      <div className="flex flex-wrap items-end gap-2 max-md:*:w-full">
        <RangePicker value={filters} onChange={setFilters} />
        <SelectField label={strings.kind} hideLabel value={filters.kind} choices={kinds} onChange={(event) => setFilters({ kind: event.target.value })} />
        {formats.map(([format, label]) => (
          <Button key={format} icon={<Download size={15} />} busy={take.isPending && take.variables.format === format} onClick={() => take.mutate({ format, filters }, { onSuccess: () => notify(strings.taken) })}>{label}</Button>
        ))}
      </div>
    </Card>
  )
}
