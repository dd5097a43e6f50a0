import { useEffect, useState } from "react"
import { useClear } from "@/features/cache/data.ts"
import { strings } from "@/features/cache/strings.ts"
import { number } from "@/shared/format/numbers.ts"
import { ConfirmByName } from "@/shared/parts/dialog.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"

const AGES = Object.entries(strings.ages).map(([value, label]) => ({ value, label })).sort((one, two) => Number(one.value) - Number(two.value))

/** Forgets answers once the model's name, or `everything`, is typed. */
export function ClearDialog({ open, models, onClose }: { open: boolean; models: readonly string[]; onClose: () => void }) {
  const clear = useClear()
  const [chosen, setChosen] = useState({ model: "", olderThanS: "" })
  useEffect(() => { if (open) setChosen({ model: "", olderThanS: "" }) }, [open])
  const choices = [{ value: "", label: strings.everyModel }, ...models.map((value) => ({ value, label: value }))]
  const stop = () => { clear.reset(); onClose() }
  return (
    <ConfirmByName
      open={open}
      onClose={stop}
      title={strings.clearTitle}
      name={chosen.model || strings.confirmAll}
      action={strings.clear}
      busy={clear.isPending}
      onConfirm={() => clear.mutate(chosen, { onSuccess: (done) => { notify(strings.clearedSaid(number(done.removed))); stop() } })}
    >
      <div className="grid gap-4">
        <p>{strings.clearText}</p>
        {clear.error && <ErrorState error={clear.error} compact />}
        <SelectField label={strings.clearModel} value={chosen.model} choices={choices} onChange={(event) => setChosen({ ...chosen, model: event.target.value })} />
        <SelectField label={strings.clearAge} value={chosen.olderThanS} choices={AGES} onChange={(event) => setChosen({ ...chosen, olderThanS: event.target.value })} />
      </div>
    </ConfirmByName>
  )
}
