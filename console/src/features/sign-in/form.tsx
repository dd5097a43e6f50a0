import { type FormEvent, useState } from "react"
import type { Asked } from "@/features/sign-in/data.ts"
import { strings } from "@/features/sign-in/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { TextField } from "@/shared/parts/field.tsx"

type Props = { isFirst: boolean; busy: boolean; onSubmit: (asked: Asked) => void; wrong: Readonly<Record<string, string>> }

export function SignInForm({ isFirst, busy, onSubmit, wrong }: Props) {
  const [name, setName] = useState("")
  const [email, setEmail] = useState("")
  const [password, setPassword] = useState("")
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit({ ...(isFirst ? { name } : {}), email, password })
  }
  return (
    <form className="grid gap-4" onSubmit={submit}>
      {isFirst && <TextField label={strings.name} required autoComplete="organization" value={name} error={wrong.name} onChange={(event) => setName(event.target.value)} />}
      <TextField label={strings.email} type="email" required autoComplete="username" value={email} error={wrong.email} onChange={(event) => setEmail(event.target.value)} />
      <TextField
        label={strings.password}
        type="password"
        required
        autoComplete={isFirst ? "new-password" : "current-password"}
        hint={isFirst ? strings.passwordHint : undefined}
        value={password}
        error={wrong.password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button kind="primary" type="submit" busy={busy}>{isFirst ? strings.create : strings.signIn}</Button>
    </form>
  )
}

export function EmailForm({ busy, onSubmit }: { busy: boolean; onSubmit: (email: string) => void }) {
  const [email, setEmail] = useState("")
  return (
    <form className="grid gap-4" onSubmit={(event) => { event.preventDefault(); onSubmit(email) }}>
      <TextField label={strings.email} type="email" required autoFocus autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
      <Button kind="primary" type="submit" busy={busy}>{strings.sendLink}</Button>
    </form>
  )
}

/** `asksName`: also for the name to go by. */
export function PasswordForm({ asksName, busy, wrong, action, onSubmit }: { asksName: boolean; busy: boolean; wrong: string | undefined; action: string; onSubmit: (given: { name: string; password: string }) => void }) {
  const [given, setGiven] = useState({ name: "", password: "" })
  return (
    <form className="grid gap-4" onSubmit={(event) => { event.preventDefault(); onSubmit(given) }}>
      {asksName && <TextField label={strings.yourName} optional autoFocus autoComplete="name" value={given.name} onChange={(event) => setGiven({ ...given, name: event.target.value })} />}
      <TextField label={strings.newPassword} type="password" required autoComplete="new-password" hint={strings.passwordHint} value={given.password} error={wrong} onChange={(event) => setGiven({ ...given, password: event.target.value })} />
      <Button kind="primary" type="submit" busy={busy}>{action}</Button>
    </form>
  )
}
