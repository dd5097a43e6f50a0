import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, Outlet, redirect } from "@tanstack/react-router"
import { navigation, type Page } from "@/app/navigation.ts"
import { Shell } from "@/app/shell.tsx"
import { strings } from "@/app/strings.ts"
import { currentUser } from "@/client/session.ts"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { includes } from "@/shared/session.ts"

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: lazyRouteComponent(() => import("@/features/sign-in/page.tsx")),
})
const byToken = (["accept-invitation", "reset-password"] as const).map((path) =>
  createRoute({ getParentRoute: () => root, path: `/${path}`, component: lazyRouteComponent(() => import("@/features/sign-in/by-token.tsx")) }),
)
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell })

function pageRoute(page: Page) {
  return createRoute({
    getParentRoute: () => shell,
    path: page.path,
    component: lazyRouteComponent(page.load),
    pendingComponent: Waiting,
    errorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
    beforeLoad: ({ location }) => {
      const user = currentUser()
      if (!user && !page.open) throw redirect({ to: "/sign-in", search: { to: location.href } as never })
      if (user && page.permission && !includes(user.permissions, page.permission)) throw redirect({ to: "/not-yours" as never })
    },
  })
}

const notYours = createRoute({ getParentRoute: () => shell, path: "/not-yours", component: NotFound })

function NotFound() {
  return (
    <EmptyState title={<h1>{strings.notFound.title}</h1>} action={<Link to="/" className="font-medium text-accent underline">{strings.notFound.home}</Link>}>
      {strings.notFound.text}
    </EmptyState>
  )
}

export const router = createRouter({
  routeTree: root.addChildren([signIn, ...byToken, shell.addChildren([...navigation.map(pageRoute), notYours])]),
  defaultPreload: "intent",
  scrollRestoration: false,
})
