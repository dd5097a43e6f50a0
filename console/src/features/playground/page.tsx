import { Code, KeyRound, Plus, SlidersHorizontal, SquarePen, Wrench } from "lucide-react"
import { useEffect, useState } from "react"
import { CodeDialog } from "@/features/playground/code-dialog.tsx"
import { Composer } from "@/features/playground/composer.tsx"
import { useModels } from "@/features/playground/data.ts"
import { KeyForm } from "@/features/playground/key-form.tsx"
import { NO_SETTINGS, parametersOf, SettingsDialog } from "@/features/playground/settings.tsx"
import { SideView } from "@/features/playground/side-view.tsx"
import { useSides } from "@/features/playground/sides.ts"
import { strings } from "@/features/playground/strings.ts"
import { NO_TOOLS, toolParameters, ToolsDialog } from "@/features/playground/tools-dialog.tsx"
import { turnsOf } from "@/features/playground/turns.ts"
import { Button } from "@/shared/parts/button.tsx"
import { PageHead } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { useUser } from "@/shared/session.ts"

const MOST_SIDES = 4

export default function PlaygroundPage() {
  const user = useUser()
  const [credential, setCredential] = useState<string>()
  const [shown, setShown] = useState<"settings" | "code" | "key" | "tools" | null>(null)
  const [settings, setSettings] = useState(NO_SETTINGS)
  const [tools, setTools] = useState(NO_TOOLS)
  const isKnown = user !== null || credential !== undefined
  const models = useModels(credential, isKnown)
  const { sides, isRunning, add, ask, reset, ...actions } = useSides()
  const first = models.data?.[0]?.id
  useEffect(() => reset(), [credential]) // a new key may use other models
  useEffect(() => { if (first && sides.length === 0) add(first) }, [first, sides.length, add])
  const close = () => setShown(null)
  const takeKey = (key: string | undefined) => {
    setCredential(key)
    close()
  }
  const another = models.data?.find((model) => sides.every((side) => side.model !== model.id))?.id ?? first
  const parameters = { ...parametersOf(settings), ...toolParameters(tools) }
  const said = { credential, system: settings.system, parameters }
  const toolbar = isKnown && (
    <>
      <Button icon={<KeyRound size={15} />} onClick={() => setShown("key")}>{strings.key}</Button>
      <Button icon={<SlidersHorizontal size={15} />} onClick={() => setShown("settings")}>{strings.parameters}</Button>
      <Button icon={<Wrench size={15} />} onClick={() => setShown("tools")}>{strings.tools.open}</Button>
      <Button icon={<Code size={15} />} disabled={sides.length === 0} onClick={() => setShown("code")}>{strings.code}</Button>
      <Button icon={<Plus size={15} />} disabled={!another || sides.length >= MOST_SIDES || isRunning} onClick={() => another && add(another)}>{strings.addModel}</Button>
      <Button icon={<SquarePen size={15} />} disabled={isRunning || sides.every((side) => side.answers.length === 0)} onClick={actions.clear}>{strings.clear}</Button>
    </>
  )
  const content = () => {
    if (!isKnown) return <EmptyState title={strings.keyFirst} icon={<KeyRound size={28} />}><p className="mb-4">{strings.keyFirstText}</p><KeyForm isSignedIn={false} onKey={takeKey} /></EmptyState>
    if (models.isPending) return <Waiting lines={4} />
    if (models.error) return <div className="grid gap-4"><ErrorState error={models.error} onRetry={() => void models.refetch()} /><KeyForm isSignedIn={user !== null} onKey={takeKey} /></div>
    if (models.data.length === 0) return <EmptyState title={strings.noModels}>{strings.noModelsText}</EmptyState>
    return (
      <div className="flex min-h-96 flex-1 flex-col gap-3">
        <div className="flex min-h-0 flex-1 gap-3 max-md:flex-col md:overflow-x-auto">
          {sides.map((side) => (
            <SideView key={side.id} side={side} models={models.data} canRemove={sides.length > 1} isRunning={isRunning} onChoose={(model) => actions.choose(side.id, model)} onRemove={() => actions.remove(side.id)} onTools={(results) => actions.answerTools(side.id, results, said)} />
          ))}
        </div>
        <Composer isRunning={isRunning} disabled={sides.length === 0} onStop={actions.stop} onSend={(next) => ask(next, said)} />
      </div>
    )
  }
  const side = sides[0]
  const last = side?.answers.at(-1)
  const turns = side ? turnsOf(side.answers.slice(0, -1), settings.system, last ?? { question: "Hello" }) : []
  return (
    <div className="flex flex-col md:h-[calc(100dvh-7.5rem)]">
      <PageHead title={strings.title} actions={toolbar}>{strings.about}</PageHead>
      {content()}
      <SettingsDialog open={shown === "settings"} onClose={close} value={settings} onChange={setSettings} />
      <ToolsDialog open={shown === "tools"} onClose={close} value={tools} onChange={setTools} />
      <CodeDialog open={shown === "code"} onClose={close} wanted={{ origin: window.location.origin, model: side?.model ?? "", turns, parameters }} />
      <KeyForm isDialog open={shown === "key"} onClose={close} isSignedIn={user !== null} onKey={takeKey} />
    </div>
  )
}
