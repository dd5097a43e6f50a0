import { useState } from "react"
import { strings } from "@/features/playground/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { TextField } from "@/shared/parts/field.tsx"

type Props = { isSignedIn: boolean; onKey: (key: string | undefined) => void; isDialog?: boolean; open?: boolean; onClose?: () => void }

/** Takes an API key, in the page or in a dialog. Nothing is called back for an empty key unless a session stands in. */
export function KeyForm({ isSignedIn, onKey, isDialog = false, open = false, onClose }: Props) {
  const [key, setKey] = useState("")
  const form = (
    <form
      className="mx-auto grid w-full max-w-md gap-3 text-left"
      onSubmit={(event) => {
        event.preventDefault()
        if (key.trim() || isSignedIn) onKey(key.trim() || undefined)
        setKey("")
      }}
    >
      <TextField label={strings.key} hint={isSignedIn ? strings.keyHintSignedIn : strings.keyHint} type="password" autoComplete="off" spellCheck={false} required={!isSignedIn} placeholder="sk-…" value={key} onChange={(event) => setKey(event.target.value)} />
      <Button kind="primary" type="submit">{strings.useKey}</Button>
    </form>
  )
  return isDialog ? <Dialog open={open} onClose={() => onClose?.()} title={strings.key}>{form}</Dialog> : form
}
