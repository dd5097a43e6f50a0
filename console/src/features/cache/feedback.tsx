import { type FormEvent, useState } from "react"
import { useFeedback } from "@/features/cache/data.ts"
import { strings } from "@/features/cache/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"

/** Tells, by the id that callers are told, that a kept answer was wrong. */
export function FeedbackDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [id, setId] = useState("")
  const feedback = useFeedback()
  const close = () => { feedback.reset(); setId(""); onClose() }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    feedback.mutate(id.trim(), { onSuccess: (done) => { notify(strings.wrongSaid(done.removed)); close() } })
  }
  return (
    <Dialog open={open} onClose={close} title={strings.feedback}>
      <form className="grid gap-4" onSubmit={submit}>
        <p className="text-sm text-quiet">{strings.feedbackText}</p>
        {feedback.error && <ErrorState error={feedback.error} compact />}
        <TextField label={strings.feedbackId} required autoFocus spellCheck={false} value={id} onChange={(event) => setId(event.target.value)} />
        <div><Button kind="primary" type="submit" busy={feedback.isPending}>{strings.wrong}</Button></div>
      </form>
    </Dialog>
  )
}
