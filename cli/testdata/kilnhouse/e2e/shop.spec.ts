import { test, expect } from '@playwright/test';

const API = process.env.API_URL ?? 'http://localhost:9000';

test('next classes are listed', async ({ page, request }) => {
  const classes = await (await request.get(`${API}/v1/classes`)).json();
  await page.goto('/classes');
  await expect(page.getByRole('article')).toHaveCount(classes.length);
});

test('a booking goes to the API', async ({ page }) => {
  const call = page.waitForRequest('http://localhost:9000/v1/bookings');
  await page.goto('/classes/wheel-1');
  await page.getByRole('button', { name: 'Book' }).click();
  expect((await call).method()).toBe('POST');
  await expect(page).toHaveURL('http://localhost:8080/thanks');
});

test('photos come from the bucket', async ({ page }) => {
  await page.goto('/gallery');
  await expect(page.locator('img').first())
    .toHaveAttribute('src', /^http:\/\/localhost:9000\/media\//);
});

test('help opens the handbook', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByText('Help')).toHaveAttribute('href', 'http://localhost:3000/');
  await page.waitForTimeout(3000);
});
