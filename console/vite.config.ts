import tailwindcss from "@tailwindcss/vite"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vitest/config"
import { compressed } from "./vite.compress.ts"

// The gateway that `make console-dev` talks to; a `make serve` in another terminal.
const GATEWAY = process.env.TORANA_ORIGIN ?? "http://127.0.0.1:8000"
const SERVED = ["/api", "/v1", "/v1beta", "/health", "/auth", "/admin", "/scim", "/openapi.json", "/docs", "/redoc"]

export default defineConfig({
  plugins: [react(), tailwindcss(), compressed()],
  base: "/",
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: process.env.CONSOLE_OUT ?? "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    target: "es2022",
    cssTarget: ["chrome123", "safari17.5", "firefox121"],
    manifest: true,
  },
  server: { proxy: Object.fromEntries(SERVED.map((path) => [path, GATEWAY])) },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node" },
})
