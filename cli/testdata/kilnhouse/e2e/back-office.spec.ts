import { test, expect } from '@playwright/test';

test.beforeEach(async ({ page }) => {
  await page.goto('/login');
  await page.getByLabel('User').fill('potter');
  await page.getByLabel('Password').fill('potter');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('http://localhost:8080/queue');
});

test('links in the header', async ({ page }) => {
  const href = (name: string) => page.getByRole('link', { name }).getAttribute('href');
  expect(await href('Shop')).toBe('http://localhost:8080/');
  expect(await href('Charts')).toBe('http://localhost:3000/d/kiln');
  expect(await href('Handbook')).toBe('http://localhost:3000/staff/');
});

test('the cookie belongs to the office', async ({ context }) => {
  const [cookie] = await context.cookies('http://localhost:8080');
  expect(cookie.name).toBe('office');
});

test('refund of 30 euros', async ({ page }) => {
  await page.goto('/refunds/new');
  await page.getByLabel('Cents').fill('3000');
  await page.getByLabel('Member').selectOption({ value: '8080' });
  await page.getByRole('button', { name: 'Refund' }).click();
  await expect(page.getByText('30.00')).toBeVisible();
});
