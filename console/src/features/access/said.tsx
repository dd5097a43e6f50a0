import type { Discovered } from "@/features/access/data.ts"
import { strings } from "@/features/access/strings.ts"
import { Facts } from "@/shared/parts/facts.tsx"
import { Badge } from "@/shared/parts/small.tsx"

const { said } = strings
const address = (url: string) => <span className="break-all">{url}</span>

/** What a provider's discovery document says. */
export function Said({ found }: { found: Discovered }) {
  return (
    <section aria-label={strings.testTitle} className="grid gap-3 rounded-lg border p-4">
      <h3 className="flex flex-wrap items-center gap-2 text-sm font-semibold">{strings.testTitle} <Badge tone={found.usable ? "good" : "bad"}>{found.usable ? strings.usable : strings.unusable}</Badge></h3>
      <Facts
        facts={[
          [said.authorization, address(found.authorization_endpoint)],
          [said.token, address(found.token_endpoint)],
          [said.keys, address(found.jwks_uri)],
          found.userinfo_endpoint !== "" && [said.userinfo, address(found.userinfo_endpoint)],
          found.end_session_endpoint !== "" && [said.logout, address(found.end_session_endpoint)],
          [said.algorithms, found.algorithms.join(", ") || "–"],
          found.scopes.length > 0 && [said.scopes, found.scopes.join(", ")],
          [said.pkce, found.pkce ? strings.pkceSaid : strings.pkceUnsaid],
          [strings.callback, address(found.callback_url)],
        ]}
      />
    </section>
  )
}
