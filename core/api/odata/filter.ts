import type { Refusal } from "../../domain/errors.ts";
import { invalidParameter } from "../middleware/query.ts";
import { FilterSyntaxError, type Literal, type Token, tokenize } from "./lexer.ts";

export type PropertyType = "string" | "number" | "boolean" | "time";
export type Operator = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/** A property that may be filtered on. `equality`: by `eq` and `ne` alone. */
export interface Filterable {
  readonly type: PropertyType;
  readonly equality?: true;
}
/** By path, as in `executionInfo/exitCode`. */
export type FilterableProperties = Readonly<Record<string, Filterable>>;

export type Filter =
  | { readonly kind: "and" | "or"; readonly left: Filter; readonly right: Filter }
  | { readonly kind: "not"; readonly operand: Filter }
  | { readonly kind: "compare"; readonly path: string; readonly operator: Operator; readonly literal: Literal }
  | { readonly kind: "startswith"; readonly path: string; readonly prefix: string };

const OPERATORS: ReadonlySet<string> = new Set(["eq", "ne", "lt", "le", "gt", "ge"]);
const MAX_LENGTH = 16 * 1024;
/** Bounds the parser's recursion, and with it the evaluator's. */
const MAX_TERMS = 200;

/** Parses a `$filter` over the given properties. Throws InvalidQueryParameterValue, and nothing else, for what it does not support. */
export function parseFilter(text: string, properties: FilterableProperties): Filter {
  try {
    if (text.length > MAX_LENGTH) throw new FilterSyntaxError(`It is longer than ${MAX_LENGTH} characters.`);
    return new Parser(tokenize(text), properties).parse();
  } catch (error) {
    if (error instanceof FilterSyntaxError) throw invalidFilter(text, error.message);
    throw error;
  }
}

/** The refusal of a `$filter`, with what is wrong with it. */
export function invalidFilter(text: string, reason: string): Refusal {
  return invalidParameter("$filter", text, reason);
}

/** Recursive descent; `or` binds looser than `and`, `and` looser than `not`. */
class Parser {
  private at = 0;
  private terms = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly properties: FilterableProperties,
  ) {}

  parse(): Filter {
    const filter = this.or();
    this.expect("end");
    return filter;
  }

  private or(): Filter {
    let left = this.and();
    while (this.takeWord("or")) left = { kind: "or", left, right: this.and() };
    return left;
  }

  private and(): Filter {
    let left = this.term();
    while (this.takeWord("and")) left = { kind: "and", left, right: this.term() };
    return left;
  }

  private term(): Filter {
    if (++this.terms > MAX_TERMS) throw new FilterSyntaxError(`It has more than ${MAX_TERMS} terms.`);
    if (this.takeWord("not")) return { kind: "not", operand: this.term() };
    if (this.peek().kind === "(") {
      this.at++;
      const inner = this.or();
      this.expect(")");
      return inner;
    }
    return this.isWord("startswith") && this.tokens[this.at + 1]?.kind === "(" ? this.startsWith() : this.comparison();
  }

  private startsWith(): Filter {
    this.at++;
    this.expect("(");
    const [path, property] = this.property();
    if (property.type !== "string" || property.equality) throw new FilterSyntaxError(`startswith does not apply to ${path}.`);
    this.expect(",");
    const prefix = this.next();
    if (prefix.kind !== "string") throw new FilterSyntaxError(`startswith(${path}, ...) needs a string in quotes.`);
    this.expect(")");
    return { kind: "startswith", path, prefix: prefix.value };
  }

  private comparison(): Filter {
    const [path, property] = this.property();
    const token = this.next();
    if (token.kind !== "name" || !OPERATORS.has(token.value)) {
      throw new FilterSyntaxError(`After ${path} comes one of eq, ne, lt, le, gt, ge.`);
    }
    const operator = token.value as Operator;
    const literal = this.next();
    const equality = operator === "eq" || operator === "ne";
    if (!isLiteral(literal) || (literal.kind === "null" ? !equality : literal.kind !== property.type)) {
      throw new FilterSyntaxError(`${path} ${operator} needs a ${property.type === "time" ? "DateTime'...'" : property.type}.`);
    }
    if (property.equality && !equality) throw new FilterSyntaxError(`${path} can be compared by eq and ne alone.`);
    return { kind: "compare", path, operator, literal };
  }

  private property(): [path: string, property: Filterable] {
    const token = this.next();
    const path = token.kind === "name" ? token.value : undefined;
    const property = path !== undefined && Object.hasOwn(this.properties, path) ? this.properties[path] : undefined;
    if (path === undefined || !property) {
      throw new FilterSyntaxError(`${path ?? "This"} is no property to filter on. These are: ${Object.keys(this.properties).join(", ")}.`);
    }
    return [path, property];
  }

  private peek(): Token {
    return this.tokens[this.at] ?? { kind: "end" };
  }

  private next(): Token {
    const token = this.peek();
    this.at++;
    return token;
  }

  private isWord(word: string): boolean {
    const token = this.peek();
    return token.kind === "name" && token.value === word;
  }

  private takeWord(word: string): boolean {
    const taken = this.isWord(word);
    if (taken) this.at++;
    return taken;
  }

  private expect(kind: Token["kind"]): void {
    const token = this.next();
    if (token.kind !== kind) throw new FilterSyntaxError(kind === "end" ? "It goes on after its end." : `A ${kind} is missing.`);
  }
}

function isLiteral(token: Token): token is Literal {
  return "value" in token && token.kind !== "name";
}
