/**
 * Chat templates: a safe subset of Jinja, written to give the text that Hugging Face's {@code transformers} gives.
 *
 * <p>A template comes with a model and is therefore data from a stranger. It is read once into a tree ({@link
 * dev.leeway.text.template.ChatTemplate#parse}) and interpreted within a budget of steps, characters and depth; it sees only copies of
 * the values it is given, so it can neither reach nor change anything of the program.
 *
 * <p>How it is put together: {@code Lexer} → {@code Parser}, {@code ExpressionParser} → {@code Statement}, {@code Expression} →
 * {@code Interpreter}, {@code Evaluator}, which work on {@code Value} with the tables {@code TextFilters}, {@code SequenceFilters},
 * {@code NumberFilters}, {@code Tests}, {@code TextMethods}, {@code CollectionMethods} and {@code Globals}.
 */
package dev.leeway.text.template;
