import { ArrowUp, Square } from "lucide-react"
import { type KeyboardEvent, useState } from "react"
import { strings } from "@/features/playground/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { TextArea } from "@/shared/parts/field.tsx"

export function Composer({ isRunning, disabled, onSend, onStop }: { isRunning: boolean; disabled: boolean; onSend: (text: string) => void; onStop: () => void }) {
  const [text, setText] = useState("")
  const submit = () => {
    if (!text.trim() || isRunning || disabled) return
    onSend(text.trim())
    setText("")
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    submit()
  }
  return (
    <form className="grid gap-1 rounded-xl border bg-card p-2 shadow-lift" onSubmit={(event) => { event.preventDefault(); submit() }}>
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <TextArea label={strings.message} hideLabel rows={2} placeholder={strings.ask} value={text} disabled={disabled} enterKeyHint="send" onKeyDown={onKeyDown} onChange={(event) => setText(event.target.value)} className="max-h-60 border-transparent" />
        </div>
        {isRunning ? (
          <Button kind="danger" icon={<Square size={14} />} onClick={onStop}>{strings.stop}</Button>
        ) : (
          <Button kind="primary" type="submit" icon={<ArrowUp size={16} />} disabled={disabled || !text.trim()}>{strings.send}</Button>
        )}
      </div>
      <p className="px-2 text-xs text-quiet max-md:hidden">{strings.hint}</p>
    </form>
  )
}
