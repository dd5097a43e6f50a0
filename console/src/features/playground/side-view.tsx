import { Ban, CircleStop, X } from "lucide-react"
import { useEffect, useRef } from "react"
import type { Model } from "@/features/playground/data.ts"
import { Thumb } from "@/features/playground/composer.tsx"
import { FactList } from "@/features/playground/fact-list.tsx"
import type { Answer, Side } from "@/features/playground/sides.ts"
import { strings } from "@/features/playground/strings.ts"
import { AnswerTools, Results, ToolCalls } from "@/features/playground/tool-calls.tsx"
import type { ToolResult } from "@/features/playground/turns.ts"
import { cx } from "@/shared/classes.ts"
import { IconButton } from "@/shared/parts/button.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"

type Props = { side: Side; models: readonly Model[]; canRemove: boolean; isRunning: boolean; onChoose: (model: string) => void; onRemove: () => void; onTools: (results: readonly ToolResult[]) => void }
const NEAR_PX = 80

export function SideView({ side, models, canRemove, isRunning, onChoose, onRemove, onTools }: Props) {
  const talk = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const box = talk.current
    // Follows the answer down, unless the reader has scrolled up to read.
    if (box && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX) box.scrollTop = box.scrollHeight
  }, [side.answers])
  const last = side.answers.at(-1)
  const waiting = last?.state === "done" && last.calls?.length ? last.calls : undefined
  const choices = models.map((model) => ({ value: model.id, label: model.id }))
  return (
    <section aria-label={side.model} className="flex min-h-72 min-w-0 flex-1 flex-col rounded-xl border bg-card shadow-lift md:min-w-80">
      <header className="flex items-center gap-1 border-b p-2">
        <div className="min-w-0 flex-1"><SelectField label={strings.model} hideLabel value={side.model} choices={choices} disabled={isRunning} onChange={(event) => onChoose(event.target.value)} /></div>
        {canRemove && <IconButton label={strings.removeModel(side.model)} disabled={isRunning} onClick={onRemove}><X size={17} /></IconButton>}
      </header>
      <div ref={talk} role="log" aria-label={side.model} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto p-4">
        {side.answers.length === 0 && <p className="grid h-full place-items-center text-center text-sm text-quiet">{strings.start}</p>}
        <div className="grid gap-5">{side.answers.map((answer, place) => <Exchange key={place} answer={answer} />)}</div>
        {waiting && <div className="mt-4"><AnswerTools key={side.answers.length} calls={waiting} disabled={isRunning} onSend={onTools} /></div>}
      </div>
    </section>
  )
}

function Exchange({ answer }: { answer: Answer }) {
  const isBlocked = answer.state === "blocked"
  return (
    <div className="grid gap-3">
      {answer.results ? <Results results={answer.results} /> : <Question answer={answer} />}
      {answer.text && <p className={cx("whitespace-pre-wrap", isBlocked && "text-quiet line-through")}>{answer.text}{answer.state === "running" && <span aria-hidden className="breathe ml-0.5 inline-block h-4 w-2 translate-y-0.5 rounded-sm bg-accent" />}</p>}
      {answer.calls && <ToolCalls calls={answer.calls} />}
      {answer.state === "running" && !answer.text && !answer.calls && <p className="breathe text-sm text-quiet">{strings.waiting}</p>}
      {answer.state === "stopped" && <p className="flex items-center gap-2 text-sm text-quiet"><CircleStop size={15} aria-hidden />{strings.stopped}</p>}
      {isBlocked && <Blocked answer={answer} />}
      {answer.error !== undefined && !isBlocked && <ErrorState compact error={answer.error} />}
      {answer.state !== "running" && <FactList answer={answer} />}
    </div>
  )
}

function Question({ answer }: { answer: Answer }) {
  return (
    <div className="ml-auto grid max-w-[85%] gap-2 rounded-2xl rounded-br-sm bg-soft px-3.5 py-2">
      {answer.attached && <ul aria-label={strings.attached} className="flex flex-wrap gap-2">{answer.attached.map((file, place) => <li key={place} className="flex items-center gap-2 rounded-lg border bg-card px-2 py-1 text-sm"><Thumb file={file} /><span className="max-w-40 truncate">{file.name}</span></li>)}</ul>}
      <p className="whitespace-pre-wrap"><span className="sr-only">{strings.you}: </span>{answer.question}</p>
    </div>
  )
}

function Blocked({ answer }: { answer: Answer }) {
  return (
    <div role="alert" className="flex items-start gap-2.5 rounded-lg bg-warn-soft p-3 text-sm">
      <Ban size={17} aria-hidden className="mt-0.5 shrink-0 text-warn" />
      <div className="grid gap-1">
        <p className="font-semibold text-warn">{strings.blockedTitle}</p>
        {answer.error instanceof Error && <p>{answer.error.message}</p>}
        {answer.text && <p className="text-quiet">{strings.blockedText}</p>}
      </div>
    </div>
  )
}
