import { Download, FileSearch } from "lucide-react"
import { type DragEvent, type FormEvent, useState } from "react"
import { Outcome, PolicyField, Verdicts } from "@/features/guardrails/bench-parts.tsx"
import { type Given, type Scanned, useTryFile } from "@/features/guardrails/data.ts"
import { FindingTable, Marked } from "@/features/guardrails/marked.tsx"
import { findingOf, linePieces } from "@/features/guardrails/marks.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { download } from "@/shared/format/csv.ts"
import { bytes, number } from "@/shared/format/numbers.ts"
import { Button } from "@/shared/parts/button.tsx"
import { CheckField, CONTROL, Field, SelectField } from "@/shared/parts/field.tsx"
import { Facts } from "@/shared/parts/facts.tsx"
import { Card } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"

const said = strings.bench
const file = strings.file
const MODES = ["flag", "redact", "replace", "block"] as const
/** Of these the browser shows the text itself, with marks. */
const PLAIN = new Set(["text", "csv", "markdown", "json"])
const MOST_SHOWN = 200_000

/** A file and what guardrails make of it. */
export function FileBench({ filters, setFilters }: Given) {
  const [chosen, setChosen] = useState<File>()
  const [copy, setCopy] = useState(false)
  const [own, setOwn] = useState("")
  const attempt = useTryFile()
  const choose = (found: File | null | undefined) => {
    if (!found) return
    setChosen(found)
    attempt.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!chosen) return
    attempt.mutate({ file: chosen, policy: filters.policy, mode: filters.mode, copy })
    void chosen.slice(0, MOST_SHOWN).text().then(setOwn)
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    choose(event.dataTransfer.files[0])
  }
  const modes = [{ value: "", label: file.asPolicy }, ...MODES.map((value) => ({ value, label: strings.modes[value] ?? value }))]
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card>
        <form className="grid gap-4" onSubmit={submit} onDrop={drop} onDragOver={(event) => event.preventDefault()}>
          <Field label={file.choose} hint={chosen ? file.chosen(chosen.name, bytes(chosen.size)) : file.chooseHint}>
            {(wired) => <input {...wired} type="file" className={`${CONTROL} file:mr-3 file:rounded-md file:border-0 file:bg-soft file:px-3 file:py-1 file:text-sm file:font-medium file:text-accent`} onChange={(event) => choose(event.target.files?.[0])} />}
          </Field>
          <PolicyField filters={filters} setFilters={setFilters} />
          <SelectField label={file.mode} value={filters.mode} choices={modes} onChange={(event) => setFilters({ mode: event.target.value })} />
          <CheckField label={file.copy} checked={copy} onChange={(event) => setCopy(event.target.checked)} />
          <div><Button kind="primary" type="submit" busy={attempt.isPending} disabled={!chosen}>{file.run}</Button></div>
        </form>
      </Card>
      <div className="min-w-0">
        {attempt.isPending ? <Waiting /> : attempt.error ? <ErrorState error={attempt.error} /> : attempt.data ? <Told told={attempt.data} name={attempt.variables.file.name} own={own} /> : <EmptyState title={said.waitingTitle} icon={<FileSearch size={28} />}>{said.waiting}</EmptyState>}
      </div>
    </div>
  )
}

function Told({ told, name, own }: { told: Scanned; name: string; own: string }) {
  const findings = told.findings.map(findingOf)
  const isPlain = PLAIN.has(told.type) && own !== ""
  const take = () => {
    const raw = Uint8Array.from(atob(told.copy_base64 ?? ""), (letter) => letter.charCodeAt(0))
    download(`copy-${name}`, new Blob([raw]))
  }
  return (
    <div className="grid gap-4">
      <FileOutcome told={told} count={findings.length} />
      <Card title={name} action={told.copy_base64 ? <Button icon={<Download size={15} />} onClick={take}>{file.takeCopy}</Button> : undefined}>
        <div className="grid gap-3">
          <Facts
            facts={[
              [file.type, told.type],
              told.pages > 0 && [file.pages, number(told.pages)],
              [file.characters, number(told.characters)],
              [file.pieces, Object.entries(told.pieces).map(([kind, count]) => `${kind} ${number(count)}`).join(", ") || "–"],
              told.notes.length > 0 && [file.notes, <Rows key="notes" rows={told.notes} />],
              told.unread.length > 0 && [file.unread, <Rows key="unread" rows={told.unread} />],
            ]}
          />
          {told.verdicts.length > 0 && <Verdicts verdicts={told.verdicts} />}
          <p className="text-sm break-words text-quiet">{said.by(told.policy)}</p>
        </div>
      </Card>
      {isPlain && findings.length > 0 && <Card title={said.found}><Marked label={said.found} pieces={linePieces(own, findings)} /></Card>}
      {!told.blocked && told.text !== "" && <Card title={file.text}><Marked label={file.text} pieces={[{ text: told.text }]} /></Card>}
      {findings.length > 0 && <FindingTable findings={findings} file="findings-of-a-file" />}
    </div>
  )
}

function FileOutcome({ told, count }: { told: Scanned; count: number }) {
  if (told.blocked) return <Outcome tone="bad" title={said.blocked}>{told.message}</Outcome>
  if (count) return <Outcome tone="warn" title={file.changed}>{said.changedText(count)}</Outcome>
  if (told.unread.length) return <Outcome tone="warn" title={file.unreadTitle} />
  return <Outcome tone="good" title={file.passed}>{told.verdicts.length ? said.passedText : said.noGuardrails}</Outcome>
}

function Rows({ rows }: { rows: readonly Readonly<Record<string, unknown>>[] }) {
  return (
    <ul className="grid gap-1">
      {rows.map((row, place) => <li key={place} className="break-words">{Object.values(row).filter((one) => typeof one === "string" || typeof one === "number").map(String).filter(Boolean).join(" · ")}</li>)}
    </ul>
  )
}
