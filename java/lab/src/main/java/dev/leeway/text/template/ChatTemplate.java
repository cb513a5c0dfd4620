package dev.leeway.text.template;

import dev.leeway.LeewayException;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model's chat template: turns a conversation into the text that the model was trained on. The text is the one that
 * {@code transformers} gives ({@code apply_chat_template} with {@code tokenize=False}, version 4.57).
 *
 * <p>A template is a program from a stranger. It sees copies of the values given to it and nothing else, and every rendering has a budget
 * (see {@link Limits}). Any number of threads may render with one template.
 */
public final class ChatTemplate {

    private static final Set<String> OWN_NAMES = Set.of("messages", "tools", "documents", "add_generation_prompt");

    private final List<Statement> statements;
    private final Limits limits;

    private ChatTemplate(List<Statement> statements, Limits limits) {
        this.statements = statements;
        this.limits = limits;
    }

    /**
     * Reads a template: the field {@code chat_template} of {@code tokenizer_config.json}, or a {@code chat_template.jinja}.
     *
     * @throws LeewayException (data) naming the line, if it isn't a template or uses a tag that chat templates don't have
     */
    public static ChatTemplate parse(String template) {
        return parse(template, Limits.DEFAULT);
    }

    /** Reads a template that is to be rendered within other limits. */
    public static ChatTemplate parse(String template, Limits limits) {
        if (template.length() > Limits.TEMPLATE_CHARS) {
            throw LeewayException.data("a chat template of %d characters is longer than the %d that are read", template.length(),
                    Limits.TEMPLATE_CHARS);
        }
        var lexer = new Lexer(template);
        try {
            return new ChatTemplate(new Parser(new Tokens(lexer, limits.depth())).template(), limits);
        } catch (TemplateFailure failure) {
            throw LeewayException.data(failure, "chat template, line %d: %s", lexer.line(), failure.getMessage());
        } catch (StackOverflowError _) {
            throw LeewayException.data("chat template, line %d: it nests too deep for this thread's stack", lexer.line());
        }
    }

    /**
     * The text of a conversation.
     *
     * @param messages maps with {@code role} and {@code content}, and what else the template knows, such as {@code tool_calls}; values
     *                 are maps, lists, texts, numbers, truth values and null, and stay as they are
     * @throws LeewayException (data) with the template's own words where it calls {@code raise_exception}, else naming the line
     */
    public Rendered render(List<? extends Map<String, ?>> messages, RenderOptions options) {
        if (options.addGenerationPrompt() && options.continueFinalMessage()) {
            throw LeewayException.usage("add_generation_prompt starts a new message and continue_final_message goes on with the last one; "
                    + "choose one");
        }
        Map<String, Object> context = new LinkedHashMap<>();
        context.put("messages", messages);
        context.put("tools", options.tools().orElse(null));
        context.put("documents", options.documents().orElse(null));
        context.put("add_generation_prompt", options.addGenerationPrompt());
        options.variables().forEach((name, value) -> {
            if (OWN_NAMES.contains(name)) {
                throw LeewayException.usage("the template variable %s is an option of its own; give it there", name);
            }
            context.put(name, value);
        });
        Rendered rendered = renderContext(context, options.clock());
        return options.continueFinalMessage() ? FinalMessage.cut(rendered, messages) : rendered;
    }

    /**
     * The text for any variables, for templates that aren't about conversations.
     *
     * @param variables what the template sees, in the same types as for {@link #render}
     * @param clock     the time, in its zone, that {@code strftime_now} shows
     * @throws LeewayException (data) as {@link #render} does
     */
    public Rendered renderContext(Map<String, ?> variables, Clock clock) {
        var input = new InputReader();
        Map<String, Value> values = input.read(variables);
        var run = new Run(new Budget(limits, input.units()), ZonedDateTime.now(clock));
        var interpreter = new Interpreter(run);
        try {
            return interpreter.render(statements, values);
        } catch (TemplateFailure failure) {
            throw failure.verbatim() ? LeewayException.data(failure, "%s", failure.getMessage())
                    : LeewayException.data(failure, "chat template, line %d: %s", interpreter.line(), failure.getMessage());
        } catch (StackOverflowError _) {
            throw LeewayException.data("chat template, line %d: it nests too deep for this thread's stack", interpreter.line());
        }
    }
}
