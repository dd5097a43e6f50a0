import { Plus, Trash2 } from "lucide-react"
import { type ReactNode, useState } from "react"
import { isMask } from "@/shared/form/typed.ts"
import { Button, IconButton } from "@/shared/parts/button.tsx"
import { TextArea, TextField } from "@/shared/parts/field.tsx"
import { words } from "@/shared/strings.ts"

type Framed = { label: string; hint: string | undefined; error: string | undefined; optional: boolean }

/** A text that stands for something else, such as several numbers: what is typed stays as typed while it is being typed. */
export function TypedField({ text, parse, onChange, rows = 1, ...framed }: Framed & { text: string; parse: (text: string) => unknown; onChange: (value: unknown) => void; rows?: number }) {
  const [typed, setTyped] = useState(text)
  const [isWrong, setWrong] = useState(false)
  const take = (next: string) => {
    setTyped(next)
    try {
      onChange(parse(next))
      setWrong(false)
    } catch {
      setWrong(true)
    }
  }
  const error = isWrong ? words.notRead : framed.error
  if (rows > 1) return <TextArea {...framed} error={error} rows={rows} spellCheck={false} value={typed} onChange={(event) => take(event.target.value)} />
  return <TextField {...framed} error={error} spellCheck={false} value={typed} onChange={(event) => take(event.target.value)} />
}

/** A secret that can be written and not read: what is there stays unless something is typed. */
export function SecretField({ value, onChange, ...framed }: Framed & { value: string; onChange: (value: unknown) => void }) {
  const [kept] = useState(isMask(value) ? value : undefined)
  const hint = kept ? [framed.hint, words.secretKept].filter(Boolean).join(" ") : framed.hint
  return <TextField {...framed} hint={hint} type="password" autoComplete="new-password" spellCheck={false} placeholder={kept ? "••••••••••••" : undefined} value={isMask(value) ? "" : value} onChange={(event) => onChange(event.target.value || kept)} />
}

type Row = Record<string, unknown>
type ListProps = { label: string; hint: string | undefined; error: string | undefined; rows: readonly Row[]; least: number; onChange: (rows: Row[]) => void; children: (row: Row, place: number, put: (row: Row) => void) => ReactNode }

/** Several of one kind, each with its own fields. */
export function ListField({ label, hint, error, rows, least, onChange, children }: ListProps) {
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-1 text-sm font-semibold">{label}</legend>
      {hint && <p className="text-sm text-quiet">{hint}</p>}
      {error && <p role="alert" className="text-sm text-bad">{error}</p>}
      {rows.map((row, place) => (
        <div key={place} role="group" aria-label={`${label} ${place + 1}`} className="grid gap-3 rounded-lg border p-4">
          <div className="-mt-2 -mr-2 flex items-center justify-between">
            <span className="text-sm font-medium text-quiet">{place + 1}</span>
            <IconButton label={`${words.removeRow} ${label} ${place + 1}`} disabled={rows.length <= least} onClick={() => onChange(rows.filter((_, at) => at !== place))}><Trash2 size={16} /></IconButton>
          </div>
          {children(row, place, (next) => onChange(rows.map((one, at) => (at === place ? next : one))))}
        </div>
      ))}
      <div><Button icon={<Plus size={15} />} onClick={() => onChange([...rows, {}])}>{words.addRow}</Button></div>
    </fieldset>
  )
}
