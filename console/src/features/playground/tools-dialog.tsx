import { strings } from "@/features/playground/strings.ts"
import { toolsOf } from "@/features/playground/turns.ts"
import { CodeEditor } from "@/shared/editor/code-editor.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { SelectField } from "@/shared/parts/field.tsx"

export type ToolSettings = { text: string; choice: string }
export const NO_TOOLS: ToolSettings = { text: "", choice: "" }
const CHOICES = ["", "auto", "required", "none"].map((value) => ({ value, label: value || strings.defaultValue }))
const EXAMPLE = JSON.stringify(
  [{ type: "function", function: { name: "weather", description: "The weather of a place now", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } } }],
  null,
  2,
)

/** The parameters that tools are; none while their definitions cannot be read. */
export function toolParameters({ text, choice }: ToolSettings): { tools?: readonly Record<string, unknown>[]; tool_choice?: string } {
  const found = toolsOf(text)
  if (!("tools" in found) || found.tools.length === 0) return {}
  return { tools: found.tools, ...(choice ? { tool_choice: choice } : {}) }
}

/** Definitions of tools that models may call; whoever asks answers the calls by hand. */
export function ToolsDialog({ open, onClose, value, onChange }: { open: boolean; onClose: () => void; value: ToolSettings; onChange: (value: ToolSettings) => void }) {
  const found = toolsOf(value.text)
  return (
    <Dialog wide open={open} onClose={onClose} title={strings.tools.title} footer={<Button kind="primary" onClick={onClose}>{strings.tools.done}</Button>}>
      <div className="grid gap-4">
        <p className="text-sm text-quiet">{strings.tools.about}</p>
        <CodeEditor label={strings.tools.definitions} language="json" rows={14} value={value.text} onChange={(text) => onChange({ ...value, text })} />
        <p role="status" className="text-sm">{"tools" in found ? strings.tools.count(found.tools.length) : <span className="text-bad">{strings.tools.problems[found.problem]}</span>}</p>
        <div className="flex flex-wrap items-end gap-3">
          <div className="min-w-44"><SelectField label={strings.tools.choice} choices={CHOICES} value={value.choice} onChange={(event) => onChange({ ...value, choice: event.target.value })} /></div>
          {value.text.trim() === "" && <Button onClick={() => onChange({ ...value, text: EXAMPLE })}>{strings.tools.example}</Button>}
        </div>
      </div>
    </Dialog>
  )
}
