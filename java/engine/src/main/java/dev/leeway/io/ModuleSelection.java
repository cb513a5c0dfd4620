package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Which modules of a model an adapter targets: the forms that {@code target_modules} of a PEFT configuration can have. */
public sealed interface ModuleSelection {

    /** Whether the module with this full name ({@code model.layers.0.self_attn.q_proj}) is selected. */
    boolean selects(String module);

    /**
     * Selects the modules with one of these names, and those whose full name ends with a dot and one of them.
     *
     * @param names such as {@code q_proj}
     */
    record Names(List<String> names) implements ModuleSelection {
        public Names {
            names = List.copyOf(names);
        }

        @Override
        public boolean selects(String module) {
            return names.stream().anyMatch(name -> isOrEndsWith(module, name));
        }
    }

    /**
     * Selects the modules whose full name matches as a whole.
     *
     * @param regex a regular expression as {@code java.util.regex} reads it
     */
    record Regex(String regex) implements ModuleSelection {
        public Regex {
            compile("target_modules", regex);
        }

        @Override
        public boolean selects(String module) {
            return compile("target_modules", regex).matcher(module).matches();
        }
    }

    /** Selects every module that it is asked about, except {@code embed_tokens} and the heads {@code lm_head, score, classifier}. */
    record AllLinear() implements ModuleSelection {
        private static final Set<String> OTHERS = Set.of("embed_tokens", "lm_head", "score", "classifier");

        @Override
        public boolean selects(String module) {
            return OTHERS.stream().noneMatch(other -> isOrEndsWith(module, other));
        }
    }

    /**
     * Selects what {@code included} selects and {@code excluded} does not.
     *
     * @param included {@code target_modules}
     * @param excluded {@code exclude_modules}
     */
    record Except(ModuleSelection included, ModuleSelection excluded) implements ModuleSelection {
        @Override
        public boolean selects(String module) {
            return included.selects(module) && !excluded.selects(module);
        }
    }

    /** {@link Names} of these. */
    static ModuleSelection names(String... names) {
        return new Names(List.of(names));
    }

    private static boolean isOrEndsWith(String module, String name) {
        return module.equals(name) || module.endsWith("." + name);
    }

    /** A pattern of the key {@code key}; one that Java can't read is refused. */
    static Pattern compile(String key, String regex) {
        try {
            return Pattern.compile(regex);
        } catch (PatternSyntaxException malformed) {
            throw LeewayException.data(malformed, "%s: %s is no regular expression: %s", key, quote(regex), malformed.getDescription());
        }
    }
}
