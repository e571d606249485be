/** A suite of 243 tests in the way of each tool: three fail, by a comparison, by an exception, and by a difference of two values. */

export interface Suite {
  tool: string;
  /** takes tools that not every machine has */
  heavy: boolean;
  /** programs without which it is skipped */
  needs: readonly string[];
  files: Readonly<Record<string, string>>;
  command: string;
  counts: string;
  /** of each failure its name, place and reason */
  told: readonly (readonly string[])[];
}

const PASSING = 240;
const each = (line: (n: number) => string) => Array.from({ length: PASSING }, (_, n) => line(n)).join('\n');

const NODE_TESTS = `
${each((n) => `test('passes ${n}: 0 errors', () => {});`)}
test('applies a percentage code', () => { equal(100, 90); });
test('prices of unknown ids', () => { [].find((one) => one)['price']; });
test('cart equality', () => { same([{ quantity: 2 }], [{ quantity: 3 }]); });
`;

const PYTHON = `
class Cart(unittest.TestCase):
${each((n) => `    def test_passes_${n}(self): print("0 errors")`)}
    def test_applies_a_percentage_code(self):
        self.assertEqual(100, 90)
    def test_prices_of_unknown_ids(self):
        {}["price"]
    def test_cart_equality(self):
        self.assertEqual([{"quantity": 2}], [{"quantity": 3}])
`;

const PYTEST = `
${each((n) => `def test_passes_${n}(): print("0 errors")`)}
def test_applies_a_percentage_code():
    assert 100 == 90
def test_prices_of_unknown_ids():
    {}["price"]
def test_cart_equality():
    assert [{"quantity": 2}] == [{"quantity": 3}]
`;

const GO = `package shop

import ("reflect"; "testing")

${each((n) => `func TestPasses${n}(t *testing.T) { t.Log("0 errors") }`)}
func TestAppliesAPercentageCode(t *testing.T) {
	if 100 != 90+len(t.Name())*0 { t.Errorf("total = %d, want %d", 100, 90) }
}
func TestPricesOfUnknownIds(t *testing.T) {
	t.Fatal("no item of that id")
}
func TestCartEquality(t *testing.T) {
	if got, want := []int{2}, []int{3}; !reflect.DeepEqual(got, want) { t.Errorf("got %v, want %v", got, want) }
}
`;

const RUST = `#[cfg(test)]
mod tests {
${each((n) => `    #[test] fn passes_${n}() { println!("0 errors"); }`)}
    #[test] fn applies_a_percentage_code() { assert_eq!(100, 90); }
    #[test] fn prices_of_unknown_ids() { None::<u32>.expect("no item of that id"); }
    #[test] fn cart_equality() { assert_eq!(vec![2], vec![3]); }
}
`;

export const SUITES: readonly Suite[] = [
  {
    ...{ tool: 'node:test', heavy: false, needs: [], command: 'node --test' },
    files: {
      'cart.test.mjs': `import { test } from 'node:test';\nimport { strictEqual as equal, deepStrictEqual as same } from 'node:assert';\n${NODE_TESTS}`,
    },
    counts: '3 of 243 tests failed',
    told: [
      ['applies a percentage code (cart.test.mjs:244:', '100 !== 90'],
      ['prices of unknown ids (cart.test.mjs:245:', 'TypeError: Cannot read properties of undefined'],
      ['cart equality (cart.test.mjs:246:', 'quantity: 2', 'quantity: 3'],
    ],
  },
  {
    ...{ tool: 'unittest', heavy: false, needs: ['python3'], command: 'python3 -m unittest test_cart' },
    files: { 'test_cart.py': `import unittest\n${PYTHON}` },
    counts: '3 of 243 tests failed',
    told: [
      ['Cart.test_applies_a_percentage_code (test_cart.py:245)', '100 != 90'],
      ['Cart.test_prices_of_unknown_ids (test_cart.py:247)', "KeyError: 'price'"],
      ['Cart.test_cart_equality (test_cart.py:249)', "[{'quantity': 2}] != [{'quantity': 3}]"],
    ],
  },
  {
    ...{ tool: 'pytest', heavy: true, needs: ['pytest'], command: 'pytest -v test_cart.py' },
    files: { 'test_cart.py': PYTEST },
    counts: '3 of 243 tests failed',
    told: [
      ['test_applies_a_percentage_code (test_cart.py:243)', 'assert 100 == 90'],
      ['test_prices_of_unknown_ids (test_cart.py:245)', "KeyError: 'price'"],
      ['test_cart_equality (test_cart.py:247)', "[{'quantity': 2}] == [{'quantity': 3}]"],
    ],
  },
  {
    ...{ tool: 'vitest', heavy: true, needs: ['npm'] },
    command: 'npm install --silent --no-audit vitest@4.1.12 && npx vitest run --reporter=verbose',
    files: {
      'package.json': '{ "name": "shop", "private": true }',
      'cart.test.mjs': `import { expect, test } from 'vitest';\nconst equal = (a, b) => expect(a).toBe(b), same = (a, b) => expect(a).toEqual(b);\n${NODE_TESTS}`,
    },
    counts: '3 of 243 tests failed',
    told: [
      ['applies a percentage code (cart.test.mjs:244:', 'expected 100 to be 90'],
      ['prices of unknown ids (cart.test.mjs:245:', 'TypeError: Cannot read properties of undefined'],
      ['cart equality (cart.test.mjs:246:', '"quantity": 2', '"quantity": 3'],
    ],
  },
  {
    ...{ tool: 'go test', heavy: true, needs: ['go'], command: 'GOCACHE=$PWD/.cache go test -v ./...' },
    files: { 'go.mod': 'module example.com/shop\n\ngo 1.19\n', 'cart_test.go': GO },
    counts: '3 tests failed',
    told: [
      ['TestAppliesAPercentageCode (cart_test.go:246)', 'total = 100, want 90'],
      ['TestPricesOfUnknownIds (cart_test.go:249)', 'no item of that id'],
      ['TestCartEquality (cart_test.go:252)', 'got [2], want [3]'],
    ],
  },
  {
    ...{ tool: 'cargo test', heavy: true, needs: ['cargo'], command: 'cargo test --offline' },
    files: {
      'Cargo.toml': '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
      'src/lib.rs': RUST,
    },
    counts: '3 of 243 tests failed',
    told: [
      ['tests::applies_a_percentage_code (src/lib.rs:243:', 'left: 100', 'right: 90'],
      ['tests::prices_of_unknown_ids (src/lib.rs:244:', 'no item of that id'],
      ['tests::cart_equality (src/lib.rs:245:', 'left: [2]', 'right: [3]'],
    ],
  },
];
