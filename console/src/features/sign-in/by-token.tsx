import { Link, useRouter } from "@tanstack/react-router"
import { useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { tokenOf, useEnter, useToken } from "@/features/sign-in/data.ts"
import { PasswordForm, SignInForm } from "@/features/sign-in/form.tsx"
import { Frame } from "@/features/sign-in/frame.tsx"
import { strings } from "@/features/sign-in/strings.ts"
import { ErrorState } from "@/shared/parts/states.tsx"

const TEXT_LINK = "touch inline-flex items-center text-sm font-medium text-accent hover:underline"

/** Where the links of letters lead: an invitation accepted, or a new password chosen. */
export default function ByTokenPage() {
  const router = useRouter()
  const [token] = useState(() => tokenOf(window.location.hash))
  const [isTenant, setTenant] = useState(false)
  const kind = window.location.pathname.startsWith("/reset") ? "reset" : "invitation"
  const home = () => router.history.push("/")
  const use = useToken(kind, token, home)
  const register = useEnter(home)
  const words = kind === "reset" ? strings.reset : isTenant ? strings.invitedTenant : strings.invited
  const failure = isTenant ? register.error : use.error
  const field = failure instanceof ApiError ? failure.field : null
  const wrong = field && field !== "token" ? failure?.message : undefined
  return (
    <Frame title={words.title} text={token ? words.text : strings.noToken}>
      {failure && !wrong && <ErrorState error={failure} compact />}
      {token && isTenant && <SignInForm isFirst busy={register.isPending} wrong={field ? { [field]: wrong ?? "" } : {}} onSubmit={(asked) => register.mutate({ ...asked, invitation: token })} />}
      {token && !isTenant && <PasswordForm asksName={kind === "invitation"} busy={use.isPending} wrong={wrong} action={words.action} onSubmit={(given) => use.mutate(given)} />}
      <div className="grid justify-items-start">
        {token && kind === "invitation" && <button type="button" className={TEXT_LINK} onClick={() => setTenant(!isTenant)}>{isTenant ? strings.toInvited : strings.toInvitedTenant}</button>}
        <Link to="/sign-in" className={TEXT_LINK}>{strings.toSignIn}</Link>
      </div>
    </Frame>
  )
}
