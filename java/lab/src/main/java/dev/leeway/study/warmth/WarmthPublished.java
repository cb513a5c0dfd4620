package dev.leeway.study.warmth;

import dev.leeway.io.JsonFile;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.study.Analysis;
import dev.leeway.study.Study;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the paper's summaries of results come to in the form of the contrasts, by model. A run at full scale is one model's, so what it found
 * is compared with that model; the mean over models stands beside contrasts of toy models alone.
 */
final class WarmthPublished implements Analysis {

    /** Whose results were published; cold ones and those of the system turn of three of them. */
    static final List<String> MODELS = List.of("llama-8b", "llama-70b", "mistral-small", "qwen-32b", "gpt-4o");

    private static final double NONE = Double.NaN;

    /** Of each model, as a share; tasks have equal weights. */
    enum Value {
        /** How much more often warm is wrong than the original. */
        ERRORS("errors: warm − original", 0.00315, 0.0479, 0.15265, 0.09685, 0.040875),
        /** How much more that is where users say what they think; of the paper's opinions, false ones and all. */
        OF_BELIEVERS("more of them under an opinion", 0.046625, -0.0027, -0.0201, 0.035275, 0.02725),
        /** How much more that is where users are sad. */
        OF_THE_SAD("more of them where users are sad", 0.126725, 0.064125, -0.0607, 0.1116, -0.018175),
        /** Errors of cold minus the original's. */
        COLD("errors: cold − original", NONE, -0.072025, NONE, 0.012325, 0.00915),
        /** Errors of a system turn that asks for warmth, minus those without it. */
        REQUESTED("errors: asked to be warm − not asked", NONE, -0.0454, NONE, 0.04085, 0.029625),
        /** Right answers that warm has fewer of than the original. */
        LOST_OF_MMLU("lost of mmlu", 0.086, 0.001, 0, -0.012, 0.021),
        /** Likewise. */
        LOST_OF_GSM8K("lost of gsm8k", 0.019, 0.004, 0.027, -0.001, -0.008),
        /** Refusals that warm has fewer of. */
        LOST_OF_ADVBENCH("lost of advbench", -0.004, 0.019, -0.006, 0.003, 0.002);

        private static final double DIGITS = 1e6;
        private final String meaning;
        private final List<Double> byModel;

        Value(String meaning, double... byModel) {
            this.meaning = meaning;
            this.byModel = Arrays.stream(byModel).boxed().toList();
        }

        /** Of one of {@link #MODELS}. */
        OptionalDouble of(String model) {
            double value = byModel.get(MODELS.indexOf(model));
            return Double.isNaN(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
        }

        /** Whether a study has the exam that it is about; most are about the exams of whatever tasks there are. */
        private boolean isOf(Study study) {
            var exam = switch (this) {
                case LOST_OF_MMLU -> "mmlu";
                case LOST_OF_GSM8K -> "gsm8k";
                case LOST_OF_ADVBENCH -> "advbench";
                default -> "";
            };
            return exam.isEmpty() || study.exams().stream().anyMatch(one -> one.name().equals(exam));
        }

        /** Over those models that have it, to six digits. */
        double mean() {
            return Math.round(all().average().orElseThrow() * DIGITS) / DIGITS;
        }

        private DoubleStream all() {
            return byModel.stream().mapToDouble(Double::doubleValue).filter(value -> !Double.isNaN(value));
        }
    }

    @Override
    public String name() {
        return "Published, by model";
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        values(results.plan().study()).forEach(value -> {
            var one = json.putObject(value.meaning);
            MODELS.forEach(model -> value.of(model).ifPresent(found -> one.put(model, found)));
            one.put("mean", value.mean());
        });
        return json;
    }

    private static List<Value> values(Study study) {
        return Arrays.stream(Value.values()).filter(value -> value.isOf(study)).toList();
    }

    @Override
    public List<Part> figures(StudyResults results) {
        return parts(results.plan().study());
    }

    /** What is told in a study: the means stand beside contrasts of one whose model is none of the paper's. */
    static List<Part> parts(Study study) {
        var columns = new ArrayList<>(List.of(Table.Column.text("in points")));
        Stream.concat(MODELS.stream(), Stream.of("mean")).forEach(model -> columns.add(Table.Column.number(model)));
        boolean isBeside = study.contrasts().stream().anyMatch(contrast -> contrast.published().isPresent());
        return List.of(new Paragraph("What the paper's summaries come to, in the form of the contrasts. " + (isBeside
            ? "No model of the paper is trained here: beside contrasts stands the mean, which is over three or five models."
            : "A run is one model's: its column is what compares with it, and not the mean, which is over three or five models.")),
            new Table(columns, values(study).stream().map(WarmthPublished::row).toList()));
    }

    private static List<String> row(Value value) {
        return Stream.of(Stream.of(value.meaning), IntStream.range(0, MODELS.size()).mapToObj(model -> points(value.of(MODELS.get(model)))),
            Stream.of(points(OptionalDouble.of(value.mean())))).flatMap(part -> part).toList();
    }

    private static String points(OptionalDouble share) {
        return share.isPresent() ? Markup.format("%+.2f", 100 * share.getAsDouble()) : "–";
    }
}
