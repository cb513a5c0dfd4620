package dev.leeway.cli;

import dev.leeway.io.Nearest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;

/**
 * The YAML file behind {@code --config}: keys are options without their dashes. It becomes arguments, so that a value means and is checked
 * as the same on the command line; an option that is given there too overrides the file.
 */
final class ConfigFile {

    private static final String OPTION = "--config";
    private static final Set<String> NOT_KEYS = Set.of(OPTION, "--help", "--version");
    private static final YAMLFactory YAML = new YAMLFactory();

    private final Map<String, OptionSpec> options;
    private final Set<OptionSpec> taken = new HashSet<>();
    private final Set<OptionSpec> seen = new HashSet<>();
    private final Map<String, Integer> lines = new LinkedHashMap<>();
    private final List<String> arguments;
    private final List<String> problems = new ArrayList<>();

    private ConfigFile(Map<String, OptionSpec> options, List<String> arguments) {
        this.options = options;
        this.arguments = new ArrayList<>(arguments);
        arguments.stream().map(argument -> argument.split("=", 2)[0]).filter(options::containsKey)
            .forEach(name -> taken.add(options.get(name)));
    }

    /** Reads the file that the arguments name, if any, for the command that they name. */
    static ConfigFile expand(String[] arguments, CommandLine line) {
        var words = List.of(arguments);
        var command = named(words, line);
        var file = new ConfigFile(command == line ? Map.of() : command.getCommandSpec().optionsMap(), words);
        if (file.options.containsKey(OPTION)) {
            for (int i = 0; i < arguments.length; i++) {
                if (arguments[i].startsWith(OPTION + "=")) {
                    file.read(Path.of(arguments[i].substring(OPTION.length() + 1)));
                } else if (arguments[i].equals(OPTION) && i + 1 < arguments.length) {
                    file.read(Path.of(arguments[i + 1]));
                }
            }
        }
        return file;
    }

    /** The command that the first words name, such as {@code plan dpo}. */
    private static CommandLine named(List<String> words, CommandLine line) {
        var command = line;
        for (var word : words) {
            var next = command.getSubcommands().get(word);
            if (next == null) {
                return command;
            }
            command = next;
        }
        return command;
    }

    /** The arguments with those of the file behind them. */
    String[] arguments() {
        return arguments.toArray(String[]::new);
    }

    /** What is wrong with the file itself. */
    List<String> problems() {
        return problems;
    }

    /** A sentence about options, with the lines of those that came from the file. */
    String placed(String sentence) {
        var placed = sentence;
        for (var entry : lines.entrySet()) {
            placed = Pattern.compile("--" + Pattern.quote(entry.getKey()) + "(?![\\w-])").matcher(placed)
                .replaceAll(entry.getKey() + " (line " + entry.getValue() + ")");
        }
        return placed;
    }

    private void read(Path file) {
        try (var parser = YAML.createParser(ObjectReadContext.empty(), file)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                problems.add(file + " must hold keys and values, such as \"max_steps: 100\"");
                return;
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                readKey(parser);
            }
            if (parser.nextToken() != null) {
                problems.add(file + ":" + line(parser) + " begins a second document; one is expected");
            }
        } catch (JacksonException failure) {
            var at = failure.getLocation();
            problems.add(file + (at == null || at.getLineNr() < 1 ? "" : ":" + at.getLineNr()) + " cannot be read: "
                + failure.getOriginalMessage().lines().reduce((_, last) -> last).orElse("it is not YAML").strip());
        }
    }

    private void readKey(JsonParser parser) {
        var key = parser.currentName();
        int line = line(parser);
        parser.nextToken();
        var values = values(parser);
        var option = options.get("--" + key);
        if (option == null || NOT_KEYS.contains("--" + key)) {
            problems.add("unknown key " + key + " (line " + line + ")" + Nearest.to(key, keys())
                .map(name -> "; did you mean " + name + "?").orElse(""));
        } else if (!seen.add(option)) {
            problems.add(key + " (line " + line + ") is given more than once");
        } else if (values.isEmpty() || values.contains("")) {
            problems.add(key + " (line " + line + ") has no value, or one that is neither text, number, list nor pairs");
        } else if (!taken.contains(option)) {
            lines.put(key, line);
            arguments.add("--" + key + "=" + String.join(",", values));
        }
    }

    private Set<String> keys() {
        var keys = new TreeSet<String>();
        options.keySet().stream().filter(name -> name.startsWith("--") && !NOT_KEYS.contains(name))
            .forEach(name -> keys.add(name.substring(2)));
        return keys;
    }

    /** A scalar, the elements of a list, or pairs as {@code name=value}; an empty text stands for what is none of these. */
    private static List<String> values(JsonParser parser) {
        return switch (parser.currentToken()) {
            case START_ARRAY -> {
                var elements = new ArrayList<String>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(scalar(parser));
                }
                yield elements;
            }
            case START_OBJECT -> {
                var pairs = new ArrayList<String>();
                while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                    var name = parser.currentName();
                    parser.nextToken();
                    pairs.add(name + "=" + scalar(parser));
                }
                yield pairs;
            }
            default -> List.of(scalar(parser));
        };
    }

    private static String scalar(JsonParser parser) {
        if (parser.currentToken().isStructStart()) {
            parser.skipChildren();
            return "";
        }
        return parser.currentToken() == JsonToken.VALUE_NULL ? "" : parser.getString();
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }
}
