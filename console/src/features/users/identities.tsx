import { useState } from "react"
import { type User, useIdentities, useUserActions } from "@/features/users/data.ts"
import { strings } from "@/features/users/strings.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName } from "@/shared/parts/dialog.tsx"
import { Section } from "@/shared/parts/facts.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"

/** Who somebody is at identity providers; nothing for whoever came by none. */
export function IdentitiesPart({ user, mayWrite }: { user: User; mayWrite: boolean }) {
  const found = useIdentities(user.id)
  const { unlink } = useUserActions()
  const [provider, setProvider] = useState("")
  const name = user.name || user.email
  const items = found.data?.items ?? []
  const provided = items.find((one) => one.provider === provider)?.provider_name ?? ""
  const stop = () => setProvider("")
  if (found.error) return <ErrorState compact error={found.error} onRetry={() => void found.refetch()} />
  if (items.length === 0) return null
  return (
    <Section title={strings.identities}>
      <ul className="grid gap-1 text-sm">
        {items.map((one) => (
          <li key={`${one.provider} ${one.subject}`} className="flex flex-wrap items-center gap-x-3 border-t pt-1 first:border-t-0">
            <strong className="font-medium">{one.provider_name}</strong>
            <code className="order-last w-full break-all text-quiet">{one.subject}</code>
            <span className="min-w-0 flex-1 text-quiet">{strings.cameBy(dateTime(one.last_at))}</span>
            {mayWrite && <Button kind="quiet" onClick={() => setProvider(one.provider)}>{strings.unlink}</Button>}
          </li>
        ))}
      </ul>
      {unlink.error && <ErrorState compact error={unlink.error} />}
      <ConfirmByName
        open={provider !== ""}
        onClose={stop}
        title={strings.unlinkTitle(provided)}
        name={name}
        action={strings.unlink}
        busy={unlink.isPending}
        onConfirm={() => unlink.mutate({ id: user.id, provider }, { onSuccess: () => notify(strings.unlinked(name, provided)), onSettled: stop })}
      >
        {strings.unlinkText}
      </ConfirmByName>
    </Section>
  )
}
