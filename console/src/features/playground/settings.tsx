import { strings } from "@/features/playground/strings.ts"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { TextArea, TextField } from "@/shared/parts/field.tsx"

export type Settings = { system: string; temperature: string; top_p: string; max_tokens: string }
export const NO_SETTINGS: Settings = { system: "", temperature: "", top_p: "", max_tokens: "" }

/** The parameters of the request: what is empty, or no number, is left to the model. */
export function parametersOf(settings: Settings): Record<string, number> {
  const found = (["temperature", "top_p", "max_tokens"] as const).map((name) => [name, settings[name] === "" ? Number.NaN : Number(settings[name])] as const)
  return Object.fromEntries(found.filter(([, value]) => Number.isFinite(value)))
}

const FIELDS = [
  { name: "temperature", label: strings.temperature, min: 0, max: 2, step: 0.1 },
  { name: "top_p", label: strings.topP, min: 0, max: 1, step: 0.05 },
  { name: "max_tokens", label: strings.maxTokens, min: 1, max: undefined, step: 1 },
] as const

export function SettingsDialog({ open, onClose, value, onChange }: { open: boolean; onClose: () => void; value: Settings; onChange: (value: Settings) => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={strings.parameters}>
      <div className="grid gap-4">
        <TextArea label={strings.system} hint={strings.systemHint} rows={4} value={value.system} onChange={(event) => onChange({ ...value, system: event.target.value })} />
        <div className="grid gap-4 sm:grid-cols-3">
          {FIELDS.map(({ name, label, ...bounds }) => (
            <TextField key={name} type="number" inputMode="decimal" label={label} placeholder={strings.defaultValue} {...bounds} value={value[name]} onChange={(event) => onChange({ ...value, [name]: event.target.value })} />
          ))}
        </div>
      </div>
    </Dialog>
  )
}
