import { type FormEvent, useState } from "react"
import { dayAfter, type RerateAsk } from "@/features/billing/data.ts"
import { strings } from "@/features/billing/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { CheckField, TextField } from "@/shared/parts/field.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { problemsOf } from "@/shared/stored/problems.ts"

const { rerate } = strings
const PRICES = ["input", "output", "cache_read", "cache_write", "request"] as const
const EMPTY = { since: "", last: "", model: "", provider: "", reason: "", input: "", output: "", cache_read: "", cache_write: "", request: "" }

/** What to rate again, and by which prices: those in force, or these. */
export function RerateForm({ busy, failure, onSubmit }: { busy: boolean; failure: Error | null; onSubmit: (asked: RerateAsk) => void }) {
  const [typed, setTyped] = useState(EMPTY)
  const [own, setOwn] = useState(false)
  const problems = problemsOf(failure)
  const isShown = Object.keys(problems).some((field) => (field.split(".").at(-1) ?? "") in EMPTY || field === "until")
  const field = (name: keyof typeof EMPTY, from: string = name) => ({ value: typed[name], error: problems[from], onChange: (event: { target: { value: string } }) => setTyped({ ...typed, [name]: event.target.value }) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit(askOfRerate(typed, own))
  }
  return (
    <form className="grid gap-4" onSubmit={submit}>
      {failure && !isShown && <ErrorState error={failure} compact />}
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
        <TextField label={rerate.since} type="date" required {...field("since")} />
        <TextField label={rerate.last} type="date" required {...field("last", "until")} />
        <TextField label={rerate.model} optional maxLength={256} spellCheck={false} {...field("model")} />
        <TextField label={rerate.provider} optional maxLength={256} spellCheck={false} {...field("provider")} />
      </div>
      <CheckField label={rerate.own} hint={rerate.ownHint} checked={own} onChange={(event) => setOwn(event.target.checked)} />
      {own && (
        <div className="grid gap-4 sm:grid-cols-3 lg:grid-cols-5">
          {PRICES.map((name) => <TextField key={name} label={rerate.prices[name]} optional={name !== "input" && name !== "output"} required={name === "input" || name === "output"} inputMode="decimal" {...field(name, `prices.${name}`)} />)}
        </div>
      )}
      <TextField label={rerate.reason} hint={rerate.reasonHint} required maxLength={500} {...field("reason")} />
      <div><Button kind="primary" type="submit" busy={busy}>{rerate.look}</Button></div>
    </form>
  )
}

/** The question; the last day is one of those that are rated. */
export function askOfRerate(typed: typeof EMPTY, own: boolean): RerateAsk {
  const given = Object.fromEntries(PRICES.flatMap((name) => (typed[name].trim() ? [[name, typed[name].trim()]] : [])))
  return {
    since: typed.since,
    until: typed.last ? dayAfter(typed.last) : "",
    reason: typed.reason.trim(),
    ...(typed.model.trim() ? { model: typed.model.trim() } : {}),
    ...(typed.provider.trim() ? { provider: typed.provider.trim() } : {}),
    ...(own ? { prices: given } : {}),
  }
}
