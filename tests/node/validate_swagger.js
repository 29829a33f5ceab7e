// Validate the OpenAPI document on standard input, and print how many operations it has.
import SwaggerParser from "@apidevtools/swagger-parser";
import { text } from "node:stream/consumers";

const api = await SwaggerParser.validate(JSON.parse(await text(process.stdin)));
const operations = Object.values(api.paths).flatMap((path) => Object.keys(path));
console.log(JSON.stringify({ version: api.swagger ?? api.openapi, operations: operations.length }));
