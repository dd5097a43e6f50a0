import { Download, FileUp } from "lucide-react"
import { useRef, useState } from "react"
import { type ApplyAsk, type Change, type Difference, saveStored, useApply, useDifferences } from "@/features/settings/config-data.ts"
import { strings } from "@/features/settings/strings.ts"
import { CodeEditor } from "@/shared/editor/code-editor.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName } from "@/shared/parts/dialog.tsx"
import { CheckField } from "@/shared/parts/field.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const { files } = strings
const head = files.columns
const failed = (why: unknown) => notify(why instanceof Error ? why.message : String(why), { tone: "bad" })

/** What is kept here as a configuration file: taken away, compared, brought back. */
export function ConfigFiles() {
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-3xl text-sm text-quiet">{files.about}</p>
        <Button icon={<Download size={15} />} onClick={() => void saveStored(files.name).catch(failed)}>{files.take}</Button>
      </div>
      <Differences />
      <Apply />
    </div>
  )
}

const fieldsText = (one: Difference) => one.fields.map((field) => String(field.field)).join(", ")
const DIFFERENCES: readonly Column<Difference>[] = [
  { id: "name", head: head.name, cell: (one) => one.name, value: (one) => one.name },
  { id: "kind", head: head.kind, cell: (one) => one.kind, value: (one) => one.kind },
  { id: "tenant", head: head.tenant, cell: (one) => one.tenant || files.everybody, value: (one) => one.tenant, deskOnly: true },
  { id: "version", head: head.version, align: "right", cell: (one) => one.version, value: (one) => one.version },
  { id: "file", head: head.file, cell: (one) => <span className="inline-flex flex-wrap gap-1">{one.in_file ? files.inFile : files.notInFile}{one.edited_beneath && <Badge tone="warn">{files.edited}</Badge>}</span>, value: (one) => one.in_file },
  { id: "fields", head: head.fields, cell: (one) => <span className="break-words">{fieldsText(one) || "–"}</span>, value: fieldsText },
]

function Differences() {
  const found = useDifferences()
  return (
    <section className="grid gap-2">
      <h2 className="text-base font-semibold">{files.differences}</h2>
      <p className="text-sm text-quiet">{files.differencesAbout}</p>
      {found.isPending ? <Waiting lines={3} /> : found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : found.data.length === 0 ? <EmptyState title={files.none}>{files.noneText}</EmptyState> : <Table label={files.differences} rows={found.data} columns={DIFFERENCES} rowKey={(one) => `${one.kind} ${one.tenant} ${one.name}`} file="differences" />}
    </section>
  )
}

const CHANGES: readonly Column<Change>[] = [
  { id: "name", head: head.name, cell: (one) => one.name, value: (one) => one.name },
  { id: "kind", head: head.kind, cell: (one) => one.kind, value: (one) => one.kind },
  { id: "tenant", head: head.tenant, cell: (one) => one.tenant || files.everybody, value: (one) => one.tenant },
  { id: "change", head: head.change, cell: (one) => <Badge tone={one.change === "withdrawn" ? "warn" : "info"}>{files.changes[one.change] ?? one.change}</Badge>, value: (one) => one.change },
  { id: "version", head: head.version, align: "right", cell: (one) => one.version, value: (one) => one.version },
]

function Apply() {
  const [yaml, setYaml] = useState("")
  const [prune, setPrune] = useState(false)
  const [asked, setAsked] = useState<ApplyAsk>()
  const [isAsking, setAsking] = useState(false)
  const chooser = useRef<HTMLInputElement>(null)
  const look = useApply()
  const write = useApply()
  const changes = look.data?.changes
  const see = () => {
    const body = { yaml, prune }
    setAsked(body)
    write.reset()
    look.mutate({ ...body, dry_run: true })
  }
  const run = () => asked && write.mutate({ ...asked, dry_run: false }, { onSuccess: (done) => { notify(files.written(done.changes.length)); look.reset() }, onSettled: () => setAsking(false) })
  return (
    <Card title={files.apply}>
      <div className="grid gap-4">
        <p className="text-sm text-quiet">{files.applyAbout}</p>
        <div>
          <input ref={chooser} type="file" accept=".yaml,.yml,.json" hidden aria-label={files.choose} onChange={(event) => void event.target.files?.[0]?.text().then(setYaml)} />
          <Button icon={<FileUp size={15} />} onClick={() => chooser.current?.click()}>{files.choose}</Button>
        </div>
        <CodeEditor label={files.text} language="yaml" value={yaml} onChange={setYaml} rows={10} />
        <CheckField label={files.prune} hint={files.pruneHint} checked={prune} onChange={(event) => setPrune(event.target.checked)} />
        {(look.error ?? write.error) && <ErrorState error={look.error ?? write.error} compact />}
        <div><Button kind="primary" busy={look.isPending} disabled={yaml.trim() === "" && !prune} onClick={see}>{files.look}</Button></div>
        {changes?.length === 0 && <p role="status" className="rounded-lg bg-good-soft px-3 py-2 text-sm">{files.same}</p>}
        {changes && changes.length > 0 && (
          <div className="grid gap-3">
            <Table label={files.look} rows={changes} columns={CHANGES} rowKey={(one) => `${one.kind} ${one.tenant} ${one.name}`} file="changes" />
            <div><Button kind="danger" onClick={() => setAsking(true)}>{files.write}</Button></div>
          </div>
        )}
      </div>
      <ConfirmByName open={isAsking} onClose={() => setAsking(false)} title={files.writeTitle} name={String(changes?.length ?? 0)} action={files.write} busy={write.isPending} onConfirm={run}>{files.writeText(changes?.length ?? 0)}</ConfirmByName>
    </Card>
  )
}
