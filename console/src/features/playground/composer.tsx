import { ArrowUp, FileText, Paperclip, Square, X } from "lucide-react"
import { type ClipboardEvent, type KeyboardEvent, useRef, useState } from "react"
import { MOST_BYTES, readFiles } from "@/features/playground/files.ts"
import type { Next } from "@/features/playground/sides.ts"
import { strings } from "@/features/playground/strings.ts"
import type { Attached } from "@/features/playground/turns.ts"
import { bytes } from "@/shared/format/numbers.ts"
import { Button, IconButton } from "@/shared/parts/button.tsx"
import { TextArea } from "@/shared/parts/field.tsx"
import { notify } from "@/shared/parts/toast.tsx"

export function Composer({ isRunning, disabled, onSend, onStop }: { isRunning: boolean; disabled: boolean; onSend: (next: Next) => void; onStop: () => void }) {
  const [text, setText] = useState("")
  const [attached, setAttached] = useState<readonly Attached[]>([])
  const chooser = useRef<HTMLInputElement>(null)
  const isEmpty = text.trim() === "" && attached.length === 0
  const submit = () => {
    if (isEmpty || isRunning || disabled) return
    onSend({ question: text.trim(), ...(attached.length ? { attached } : {}) })
    setText("")
    setAttached([])
  }
  const take = (files: readonly File[]) => {
    void readFiles(files).then((found) => {
      setAttached((before) => [...before, ...found])
      if (found.length < files.length) notify(strings.tooLarge(bytes(MOST_BYTES)), { tone: "bad" })
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    submit()
  }
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files]
    if (files.length === 0) return
    event.preventDefault()
    take(files)
  }
  return (
    <form
      className="grid gap-1 rounded-xl border bg-card p-2 shadow-lift"
      onSubmit={(event) => { event.preventDefault(); submit() }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => { event.preventDefault(); if (!disabled) take([...event.dataTransfer.files]) }}
    >
      {attached.length > 0 && (
        <ul aria-label={strings.attached} className="flex flex-wrap gap-2 px-1 pt-1">
          {attached.map((file, place) => (
            <li key={place} className="flex items-center gap-2 rounded-lg border bg-panel pl-2 text-sm">
              <Thumb file={file} />
              <span className="max-w-40 truncate">{file.name}</span>
              <IconButton label={strings.detach(file.name)} onClick={() => setAttached(attached.filter((_, at) => at !== place))}><X size={15} /></IconButton>
            </li>
          ))}
        </ul>
      )}
      <div className="flex items-end gap-2 max-md:flex-wrap">
        <input ref={chooser} type="file" multiple hidden aria-label={strings.attach} onChange={(event) => { take([...(event.target.files ?? [])]); event.target.value = "" }} />
        <IconButton label={strings.attach} disabled={disabled} onClick={() => chooser.current?.click()} className="max-md:order-2"><Paperclip size={18} /></IconButton>
        <div className="min-w-0 flex-1 max-md:basis-full">
          <TextArea label={strings.message} hideLabel rows={2} placeholder={strings.ask} value={text} disabled={disabled} enterKeyHint="send" onKeyDown={onKeyDown} onPaste={onPaste} onChange={(event) => setText(event.target.value)} className="max-h-60 border-transparent" />
        </div>
        {isRunning ? (
          <Button kind="danger" icon={<Square size={14} />} onClick={onStop} className="max-md:order-3 max-md:ml-auto">{strings.stop}</Button>
        ) : (
          <Button kind="primary" type="submit" icon={<ArrowUp size={16} />} disabled={disabled || isEmpty} className="max-md:order-3 max-md:ml-auto">{strings.send}</Button>
        )}
      </div>
      <p className="px-2 text-xs text-quiet max-md:hidden">{strings.hint}</p>
    </form>
  )
}

/** A picture of a picture; of every other file a sign. */
export function Thumb({ file }: { file: Attached }) {
  if (file.type.startsWith("image/")) return <img src={file.url} alt="" className="size-8 rounded object-cover" />
  return <FileText size={18} aria-hidden className="shrink-0 text-quiet" />
}
