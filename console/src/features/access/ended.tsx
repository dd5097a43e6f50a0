import { type FormEvent, useState } from "react"
import { type Revoke, useRevoke } from "@/features/access/data.ts"
import { strings } from "@/features/access/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName } from "@/shared/parts/dialog.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Segmented } from "@/shared/parts/segmented.tsx"
import { Card } from "@/shared/parts/small.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"

const { ended } = strings
const SEGMENTS = [{ value: "subject", label: ended.all }, { value: "jti", label: ended.one }]

/** Ending tokens that identity providers issued: one, or all of a subject. */
export function EndTokens() {
  const [kind, setKind] = useState("subject")
  const [who, setWho] = useState("")
  const [issuer, setIssuer] = useState("")
  const [isAsking, setAsking] = useState(false)
  const revoke = useRevoke()
  const isOne = kind === "jti"
  const wanted = who.trim()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setAsking(true)
  }
  const run = () => {
    const body: Revoke = { ...(isOne ? { jti: wanted } : { subject: wanted }), ...(issuer.trim() ? { issuer: issuer.trim() } : {}) }
    revoke.mutate(body, { onSuccess: () => { notify(ended.done(wanted)); setWho("") }, onSettled: () => setAsking(false) })
  }
  return (
    <Card className="max-w-2xl">
      <form className="grid gap-4" onSubmit={submit}>
        <p className="text-sm text-quiet">{ended.about}</p>
        {revoke.error && <ErrorState error={revoke.error} compact />}
        <Segmented label={ended.what} segments={SEGMENTS} value={kind} onChange={setKind} className="w-fit" />
        <TextField label={isOne ? ended.jti : ended.subject} hint={isOne ? ended.jtiHint : ended.subjectHint} required maxLength={512} spellCheck={false} value={who} onChange={(event) => setWho(event.target.value)} />
        <TextField label={ended.issuer} hint={ended.issuerHint} optional maxLength={512} spellCheck={false} value={issuer} onChange={(event) => setIssuer(event.target.value)} />
        <div><Button kind="danger" type="submit" disabled={wanted === ""}>{ended.action}</Button></div>
      </form>
      <ConfirmByName open={isAsking} onClose={() => setAsking(false)} title={ended.title} name={wanted} action={ended.action} busy={revoke.isPending} onConfirm={run}>{ended.text}</ConfirmByName>
    </Card>
  )
}
