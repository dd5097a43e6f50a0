import { useState } from "react"
import { isRecord } from "@/client/errors.ts"
import { ListField, SecretField, TypedField } from "@/shared/form/typed-field.tsx"
import { numbersOf, pairsOf, pairsText } from "@/shared/form/typed.ts"
import { kindOf, type Schema, settled, titleOf } from "@/shared/form/schema.ts"
import { CheckField, SelectField, TextArea, TextField } from "@/shared/parts/field.tsx"
import { words } from "@/shared/strings.ts"

type Value = Record<string, unknown>
type Props = { schema: Schema; value: Value; onChange: (value: Value) => void; errors?: Readonly<Record<string, string>>; root?: Schema; at?: string }

/** A form drawn from a JSON Schema. `errors`: dotted field name → what is wrong with it. */
export function SchemaForm({ schema, value, onChange, errors = {}, root = schema, at = "" }: Props) {
  return (
    <div className="grid gap-4">
      {Object.entries(schema.properties ?? {}).map(([name, one]) => (
        <OneField
          key={name}
          name={name}
          schema={settled(one, root)}
          root={root}
          at={at}
          optional={!schema.required?.includes(name)}
          value={value[name]}
          errors={errors}
          onChange={(next) => onChange(next === undefined ? omitted(value, name) : { ...value, [name]: next })}
        />
      ))}
    </div>
  )
}

type OneProps = { name: string; schema: Schema; root: Schema; at: string; optional: boolean; value: unknown; errors: Readonly<Record<string, string>>; onChange: (value: unknown) => void }

function OneField({ name, schema, root, at, optional, value, errors, onChange }: OneProps) {
  const kind = kindOf(schema)
  const framed = { label: titleOf(name, schema), hint: schema.description, error: errors[at + name], optional }
  switch (kind) {
    case "switch":
      return <CheckField label={framed.label} hint={framed.hint} checked={value === true} onChange={(event) => onChange(event.target.checked)} />
    case "choice": {
      const none = optional ? [{ value: "", label: words.choose }] : []
      const known = schema.enum ?? []
      // What it is now is shown as it is, although it could not be chosen anew.
      const all = typeof value === "string" && value !== "" && !known.includes(value) ? [value, ...known] : known
      const choices = [...none, ...all.map((one) => ({ value: String(one), label: String(one) }))]
      return <SelectField {...framed} choices={choices} value={String(value ?? "")} onChange={(event) => onChange(all.find((one) => String(one) === event.target.value))} />
    }
    case "number":
      return <TextField {...framed} type="number" inputMode="decimal" min={schema.minimum} max={schema.maximum} step="any" value={typeof value === "number" ? value : ""} onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.valueAsNumber)} />
    case "list":
      return <TextArea {...framed} rows={3} value={Array.isArray(value) ? value.join("\n") : ""} onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value.split("\n"))} />
    case "object":
      return (
        <fieldset className="grid gap-3 rounded-lg border p-4">
          <legend className="px-1 text-sm font-semibold">{framed.label}</legend>
          {framed.hint && <p className="text-sm text-quiet">{framed.hint}</p>}
          <SchemaForm schema={schema} root={root} at={`${at}${name}.`} value={isRecord(value) ? value : {}} errors={errors} onChange={(next) => onChange(optional && Object.keys(next).length === 0 ? undefined : next)} />
        </fieldset>
      )
    case "numbers":
      return <TypedField {...framed} parse={numbersOf} text={Array.isArray(value) ? value.join(", ") : ""} onChange={onChange} />
    case "pairs":
      return <TypedField {...framed} rows={2} parse={pairsOf} text={pairsText(value)} onChange={onChange} />
    case "rows":
      return (
        <ListField label={framed.label} hint={framed.hint} error={framed.error} rows={Array.isArray(value) ? value.filter(isRecord) : []} least={optional ? 0 : 1} onChange={(rows) => onChange(optional && rows.length === 0 ? undefined : rows)}>
          {(row, place, put) => <SchemaForm schema={settled(schema.items ?? {}, root)} root={root} at={`${at}${name}[${place}].`} value={row} errors={errors} onChange={put} />}
        </ListField>
      )
    case "json":
      return <JsonField framed={framed} value={value} onChange={onChange} />
    default:
      if (schema.format === "password") return <SecretField {...framed} value={typeof value === "string" ? value : ""} onChange={onChange} />
      return <TextField {...framed} value={typeof value === "string" ? value : ""} onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)} />
  }
}

type Framed = { label: string; hint: string | undefined; error: string | undefined; optional: boolean }

function JsonField({ framed, value, onChange }: { framed: Framed; value: unknown; onChange: (value: unknown) => void }) {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2))
  const [wrong, setWrong] = useState<string>()
  const take = (next: string) => {
    setText(next)
    try {
      onChange(next.trim() === "" ? undefined : JSON.parse(next))
      setWrong(undefined)
    } catch (why) {
      setWrong(why instanceof Error ? why.message : String(why))
    }
  }
  return <TextArea {...framed} error={wrong ?? framed.error} rows={4} spellCheck={false} className="font-mono text-sm" value={text} onChange={(event) => take(event.target.value)} />
}

function omitted(value: Value, name: string): Value {
  const { [name]: _, ...rest } = value
  return rest
}
