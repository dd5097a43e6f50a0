import { Boxes, Building2, ChartColumn, CircleCheckBig, DatabaseZap, Fingerprint, FlaskConical, Gauge, History, KeyRound, LayoutDashboard, type LucideIcon, Receipt, Route, Scale, ScrollText, ServerCog, Settings, ShieldCheck, Users, UsersRound } from "lucide-react"
import type { ComponentType } from "react"
import { strings } from "@/app/strings.ts"

export type PageLoader = () => Promise<{ default: ComponentType }>

export type Page = {
  /** The path, also of the route; `$name` is a parameter. */
  path: string
  label: string
  group: keyof typeof strings.groups
  icon: LucideIcon
  load: PageLoader
  /** Not shown to who has it not. Without one, every signed-in person sees the page. */
  permission?: string
  /** `g` and this letter lead there. */
  key?: string
  /** Shown in the bar at the bottom of a phone (four at most); the others are behind "More". */
  onPhone?: boolean
  /** A route without a place in the navigation: a page of details. */
  hidden?: boolean
  /** Also for who is not signed in. */
  open?: boolean
}

const { pages } = strings

/** Every page of the console, in the order of the sidebar. A new page is one entry here. */
export const navigation: readonly Page[] = [
  { path: "/", label: pages.overview, group: "watch", icon: LayoutDashboard, load: () => import("@/features/overview/page.tsx"), key: "o", onPhone: true },
  { path: "/requests", label: pages.requests, group: "watch", icon: ScrollText, load: () => import("@/features/requests/page.tsx"), permission: "requests.read", key: "r", onPhone: true },
  { path: "/usage", label: pages.usage, group: "watch", icon: ChartColumn, load: () => import("@/features/usage/page.tsx"), permission: "usage.read", key: "w" },
  { path: "/playground", label: pages.playground, group: "build", icon: FlaskConical, load: () => import("@/features/playground/page.tsx"), key: "p", onPhone: true, open: true },
  { path: "/keys", label: pages.keys, group: "build", icon: KeyRound, load: () => import("@/features/keys/page.tsx"), permission: "keys.read", key: "k", onPhone: true },
  { path: "/models", label: pages.models, group: "build", icon: Boxes, load: () => import("@/features/models/page.tsx"), permission: "models.read", key: "m" },
  { path: "/budgets", label: pages.budgets, group: "money", icon: Gauge, load: () => import("@/features/budgets/page.tsx"), permission: "budgets.read", key: "b" },
  { path: "/billing", label: pages.billing, group: "money", icon: Receipt, load: () => import("@/features/billing/page.tsx"), permission: "billing.read", key: "i" },
  { path: "/routing", label: pages.routing, group: "run", icon: Route, load: () => import("@/features/routing/page.tsx"), permission: "providers.read", key: "h" },
  { path: "/cache", label: pages.cache, group: "run", icon: DatabaseZap, load: () => import("@/features/cache/page.tsx"), permission: "cache.read", key: "c" },
  { path: "/users", label: pages.users, group: "people", icon: Users, load: () => import("@/features/users/page.tsx"), permission: "users.read", key: "u" },
  { path: "/teams", label: pages.teams, group: "people", icon: UsersRound, load: () => import("@/features/teams/page.tsx"), permission: "teams.read", key: "t" },
  { path: "/access", label: pages.access, group: "people", icon: Fingerprint, load: () => import("@/features/access/page.tsx"), permission: "sso.read", key: "n" },
  { path: "/guardrails", label: pages.guardrails, group: "guard", icon: ShieldCheck, load: () => import("@/features/guardrails/page.tsx"), permission: "policies.read", key: "g" },
  { path: "/policies", label: pages.policies, group: "guard", icon: Scale, load: () => import("@/features/policies/page.tsx"), permission: "policies.read", key: "l" },
  { path: "/approvals", label: pages.approvals, group: "guard", icon: CircleCheckBig, load: () => import("@/features/approvals/page.tsx"), permission: "approvals.read", key: "v" },
  { path: "/audit", label: pages.audit, group: "guard", icon: History, load: () => import("@/features/audit/page.tsx"), permission: "audit.read", key: "a" },
  { path: "/settings", label: pages.settings, group: "run", icon: Settings, load: () => import("@/features/settings/page.tsx"), key: "s" },
  { path: "/tenants", label: pages.tenants, group: "run", icon: Building2, load: () => import("@/features/tenants/page.tsx"), permission: "tenants.operate", key: "e" },
  { path: "/system", label: pages.system, group: "run", icon: ServerCog, load: () => import("@/features/system/page.tsx"), permission: "system.read", key: "y" },
]
