import { Link, useRouter, useSearch } from "@tanstack/react-router"
import { FlaskConical } from "lucide-react"
import { useEffect, useRef, useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { safeTarget, useEnter, useForgot, useSso, useWays } from "@/features/sign-in/data.ts"
import { EmailForm, SignInForm } from "@/features/sign-in/form.tsx"
import { Frame } from "@/features/sign-in/frame.tsx"
import { strings } from "@/features/sign-in/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"

const TEXT_LINK = "touch inline-flex items-center gap-2 font-medium text-accent hover:underline"
type Way = "sign-in" | "register" | "forgot"

export default function SignInPage() {
  const router = useRouter()
  const search = useSearch({ strict: false }) as { to?: string; error?: string; tenant?: string; provider?: string }
  const ways = useWays(String(search.tenant ?? ""))
  const [chosen, setChosen] = useState<Way>()
  const way = chosen ?? (ways.data?.first_run ? "register" : "sign-in")
  const enter = useEnter(() => router.history.push(safeTarget(search.to)))
  const sso = useSso(safeTarget(search.to))
  const wanted = search.error ? undefined : ways.data?.items.find((one) => one.id === search.provider)?.id
  useAtOnce(wanted, sso.mutate)
  const go = (next: Way) => { enter.reset(); setChosen(next) }
  const field = enter.error instanceof ApiError ? enter.error.field : null
  const isFirst = way === "register"
  if (way === "forgot") return <Forgot onBack={() => go("sign-in")} />
  const title = isFirst ? (ways.data?.first_run ? strings.first : strings.register) : strings.welcome
  const text = isFirst ? (ways.data?.first_run ? strings.firstText : strings.registerText) : strings.welcomeText
  return (
    <Frame title={title} text={text}>
      {ways.error && <ErrorState error={ways.error} compact onRetry={() => void ways.refetch()} />}
      {enter.error && field === null && <ErrorState error={enter.error} compact />}
      {search.error && !enter.error && !sso.error && <ErrorState error={new ApiError(0, String(search.error), strings.ssoFailed)} compact />}
      {sso.error && <ErrorState error={sso.error} compact />}
      <SignInForm isFirst={isFirst} busy={enter.isPending} onSubmit={(asked) => enter.mutate(asked)} wrong={field ? { [field]: enter.error?.message ?? "" } : {}} />
      {!isFirst && ways.data && ways.data.items.length > 0 && (
        <div className="grid gap-2">
          <p className="flex items-center gap-3 text-sm text-quiet before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">{strings.or}</p>
          {ways.data.items.map((one) => <Button key={one.id} busy={sso.isPending} onClick={() => sso.mutate(one.id)}>{strings.sso(one.name)}</Button>)}
        </div>
      )}
      <div className="grid justify-items-start text-sm">
        {!isFirst && <button type="button" className={TEXT_LINK} onClick={() => go("forgot")}>{strings.toForgot}</button>}
        {isFirst && !ways.data?.first_run && <button type="button" className={TEXT_LINK} onClick={() => go("sign-in")}>{strings.toSignIn}</button>}
        {!isFirst && ways.data?.registration && <button type="button" className={TEXT_LINK} onClick={() => go("register")}>{ways.data.first_run ? strings.toFirst : strings.toRegister}</button>}
        <Link to={"/playground" as string} className={TEXT_LINK}><FlaskConical size={16} aria-hidden />{strings.withKey}</Link>
      </div>
    </Frame>
  )
}

/** A link may name the provider: the sign-in there begins by itself, once, and not again after it failed. */
function useAtOnce(provider: string | undefined, begin: (provider: string) => void): void {
  const began = useRef(false)
  useEffect(() => {
    if (provider === undefined || began.current) return
    began.current = true
    begin(provider)
  }, [provider, begin])
}

function Forgot({ onBack }: { onBack: () => void }) {
  const forgot = useForgot()
  return (
    <Frame title={strings.forgot} text={strings.forgotText}>
      {forgot.error && <ErrorState error={forgot.error} compact />}
      {forgot.data ? <p role="status" className="rounded-xl border bg-good-soft p-4 text-good">{strings.forgotDone}</p> : <EmailForm busy={forgot.isPending} onSubmit={(email) => forgot.mutate(email)} />}
      <button type="button" className={`${TEXT_LINK} text-sm`} onClick={onBack}>{strings.toSignIn}</button>
    </Frame>
  )
}
