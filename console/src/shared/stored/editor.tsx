import { type FormEvent, type ReactNode, useState } from "react"
import { isRecord } from "@/client/errors.ts"
import { type Schema } from "@/shared/form/schema.ts"
import { SchemaForm } from "@/shared/form/schema-form.tsx"
import { problemsOf } from "@/shared/stored/problems.ts"
import { words } from "@/shared/stored/words.ts"
import { Button } from "@/shared/parts/button.tsx"
import { SelectField, TextArea, TextField } from "@/shared/parts/field.tsx"
import { Segmented } from "@/shared/parts/segmented.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"

export type Doc = Record<string, unknown>
export type Filled = { name: string; document: Doc; own: boolean }

type Props = {
  schema: Schema
  start: Doc
  /** For new ones: a name is asked for, and, of whoever may choose, whose it is. */
  isNew?: { nameHint: string; mayChoose: boolean }
  note?: ReactNode
  busy: boolean
  failure: Error | null
  onSubmit: (filled: Filled) => void
}

/** A row of the configuration: its common fields as a form, all of it as JSON. */
export function DocumentForm({ schema, start, isNew, note, busy, failure, onSubmit }: Props) {
  const [filled, setFilled] = useState<Filled>({ name: "", document: start, own: false })
  const [text, setText] = useState<string>()
  const problems = problemsOf(failure)
  const isShown = text === undefined && Object.keys(problems).some((field) => field === "name" || (field.split(/[.[]/)[0] ?? "") in (schema.properties ?? {}))
  const isBroken = text !== undefined && parsed(text) === undefined
  const turn = (view: string) => {
    if (view === "json") return setText(JSON.stringify(filled.document, null, 2))
    if (!isBroken) setText(undefined)
  }
  const type = (next: string) => {
    setText(next)
    const document = parsed(next)
    if (document) setFilled({ ...filled, document })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isBroken) onSubmit(filled)
  }
  const views = [{ value: "form", label: words.form }, { value: "json", label: words.json }]
  return (
    <form className="grid gap-5" onSubmit={submit}>
      {note && <p className="rounded-lg bg-info-soft px-3 py-2 text-sm">{note}</p>}
      {failure && !isShown && <ErrorState error={failure} compact />}
      {isNew && <TextField label={words.name} hint={isNew.nameHint} required maxLength={200} autoFocus spellCheck={false} value={filled.name} error={problems.name} onChange={(event) => setFilled({ ...filled, name: event.target.value })} />}
      {isNew?.mayChoose && <SelectField label={words.whose} hint={words.whoseHint} value={filled.own ? "own" : ""} choices={[{ value: "", label: words.everybodyChoice }, { value: "own", label: words.ownChoice }]} onChange={(event) => setFilled({ ...filled, own: event.target.value === "own" })} />}
      <Segmented label={words.views} segments={views} value={text === undefined ? "form" : "json"} onChange={turn} className="w-fit" />
      {text === undefined ? (
        <SchemaForm schema={schema} value={filled.document} errors={problems} onChange={(document) => setFilled({ ...filled, document })} />
      ) : (
        <TextArea label={words.document} hint={words.jsonHint} error={isBroken ? words.jsonWrong : undefined} rows={16} spellCheck={false} className="font-mono text-sm" value={text} onChange={(event) => type(event.target.value)} />
      )}
      <Button kind="primary" type="submit" busy={busy} disabled={isBroken}>{isNew ? words.make : words.save}</Button>
    </form>
  )
}

function parsed(text: string): Doc | undefined {
  try {
    const found: unknown = JSON.parse(text)
    return isRecord(found) ? found : undefined
  } catch {
    return undefined
  }
}
