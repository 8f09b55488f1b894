import { defineConfig, devices } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  timeout: 30_000,
  expect: { timeout: 3000 },
  retries: process.env.CI ? 2 : 0,
  webServer: [
    { command: 'make up', url: 'http://localhost:8080/healthz', reuseExistingServer: true },
  ],
  projects: [
    {
      name: 'shop',
      testMatch: 'shop.spec.ts',
      use: { ...devices['Desktop Chrome'], baseURL: process.env.WEB_URL ?? 'http://localhost:8080' },
    },
    {
      name: 'back-office',
      testMatch: 'back-office.spec.ts',
      use: {
        ...devices['Desktop Firefox'],
        baseURL: process.env.ADMIN_URL ?? 'http://localhost:8080',
        actionTimeout: 9000,
      },
    },
  ],
});
