package dev.leeway.study;

import dev.leeway.eval.Setting;
import dev.leeway.io.JsonFile;
import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Interval;
import dev.leeway.stats.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a study found. */
public final class StudyResults {

    private static final double LEVEL = 0.95;
    private static final int RESAMPLES = 2000;

    private final Plan plan;
    private final Map<StudyRun.Sitting, List<Examiner.Outcome>> outcomes;
    private final Seal.Standing standing;
    private final StudyTraces traces;
    private final List<Findings.Finding> findings;
    private List<Mean> means = List.of(); // until somebody asks
    private Optional<List<Missing>> missing = Optional.empty(); // likewise

    StudyResults(Plan plan, Map<StudyRun.Sitting, List<Examiner.Outcome>> outcomes, Seal.Standing standing, StudyTraces traces) {
        this.plan = plan;
        this.outcomes = new LinkedHashMap<>(outcomes);
        this.standing = standing;
        this.traces = traces;
        findings = Findings.of(plan.study(), this::last);
    }

    private List<Examiner.Outcome> last(String arm, String exam, long seed) {
        return plan.replications().stream().filter(one -> one.arm().name().equals(arm) && one.seed() == seed).findFirst()
            .flatMap(one -> outcomes.entrySet().stream().filter(entry -> entry.getKey().node().equals(one.last())
                && entry.getKey().step() < 0 && entry.getKey().exam().name().equals(exam)).map(Map.Entry::getValue).findFirst())
            .orElse(List.of());
    }

    /** The plan that was carried out. */
    public Plan plan() {
        return plan;
    }

    /** How it stands to what was sealed. */
    public Seal.Standing standing() {
        return standing;
    }

    /** One a contrast, in their order. */
    public List<Findings.Finding> findings() {
        return findings;
    }

    /** Who took which exam with which outcomes. */
    public Map<StudyRun.Sitting, List<Examiner.Outcome>> outcomes() {
        return new LinkedHashMap<>(outcomes);
    }

    /** The answer in a sentence. */
    public String answer() {
        double alpha = plan.study().terms().alpha();
        var primary = findings.stream().filter(finding -> finding.contrast().role() == Contrast.Role.PRIMARY).toList();
        if (primary.isEmpty()) {
            return "No contrast is primary, so there is no answer to give: what follows describes.";
        }
        var significant = primary.stream().filter(finding -> finding.isSignificant(alpha)).map(finding -> String.format(Locale.ROOT,
            "%s %+.3f", finding.contrast().name(), finding.estimate().orElseThrow())).toList();
        var all = primary.size() == 1 ? "The one primary contrast is" : "Of " + primary.size() + " primary contrasts "
            + (significant.isEmpty() ? "none is" : significant.size() == 1 ? "one is" : significant.size() + " are");
        return all + (primary.size() == 1 && significant.isEmpty() ? " not significant" : " significant") + " at " + alpha
            + " after correction" + (significant.isEmpty() ? "." : ": " + String.join("; ", significant) + ".");
    }

    /**
     * The mean of a measure.
     *
     * @param node the training
     * @param step of a checkpoint; −1 = its end
     * @param exam the exam's name
     * @param setting the evaluation prompt's
     * @param slice of its items; empty = all
     * @param measure the measure's
     * @param value the mean over items
     * @param interval of 95 % over the exam's units of items: percentiles of 2,000 resamples
     * @param items it was taken over, of two units or more
     * @param missing answers left out
     */
    public record Mean(Plan.Node node, int step, String exam, String setting, String slice, String measure, double value,
            Interval interval, int items, int missing) {
    }

    /**
     * Answers of a model without a value.
     *
     * @param node the training
     * @param step of a checkpoint; −1 = its end
     * @param exam the exam's name
     * @param setting the evaluation prompt's
     * @param measure that the answers have no value of
     * @param answers that have none
     * @param items that were graded by the measure
     * @param without items none of whose answers has a value
     */
    public record Missing(Plan.Node node, int step, String exam, String setting, String measure, int answers, int items, int without) {

        /** Of the items, those without any value. */
        public double share() {
            return (double) without / items;
        }
    }

    /** All that is missing, also where it leaves nothing to take a mean of. */
    public List<Missing> missing() {
        missing = missing.or(() -> Optional.of(List.copyOf(allMissing())));
        return missing.orElseThrow();
    }

    private List<Missing> allMissing() {
        var all = new ArrayList<Missing>();
        outcomes.forEach((sitting, list) -> list.stream().collect(Collectors.groupingBy(Examiner.Outcome::setting, LinkedHashMap::new,
            Collectors.toList())).forEach((setting, own) -> measures(own).forEach(measure -> {
                var graded = own.stream().filter(outcome -> outcome.measures().contains(measure)).toList();
                int answers = missing(graded, measure);
                if (answers > 0) {
                    all.add(new Missing(sitting.node(), sitting.step(), sitting.exam().name(), setting, measure, answers, graded.size(),
                        (int) graded.stream().filter(outcome -> !outcome.values().containsKey(measure)).count()));
                }
            })));
        return all;
    }

    private static int missing(List<Examiner.Outcome> outcomes, String measure) {
        return outcomes.stream().mapToInt(outcome -> outcome.missing().getOrDefault(measure, 0)).sum();
    }

    private static SortedSet<String> measures(List<Examiner.Outcome> outcomes) {
        return outcomes.stream().flatMap(outcome -> outcome.measures().stream()).collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Every mean of every model over two units of items or more, for one has no spread;
     * by slice too where items are asked as they stand, without a context.
     */
    public List<Mean> means() {
        if (means.isEmpty()) {
            means = List.copyOf(allMeans());
        }
        return means;
    }

    /** The step of a training's end: the last that its metrics have, or {@code max_steps}; without both there is none. */
    public OptionalInt lastStep(Plan.Node node) {
        var last = traces.lastStep(node);
        return last.isPresent() ? last : Stream.ofNullable(node.stage().options().get("max_steps")).mapToInt(Integer::parseInt).findFirst();
    }

    /** Where trainings and examinations left their files. */
    StudyTraces traces() {
        return traces;
    }

    private List<Mean> allMeans() {
        var means = new ArrayList<Mean>();
        outcomes.forEach((sitting, list) -> {
            for (var setting : list.stream().map(Examiner.Outcome::setting).distinct().toList()) {
                var own = list.stream().filter(outcome -> outcome.setting().equals(setting)).toList();
                for (var slice : isInContext(setting) ? List.of("") : slices(own)) {
                    means.addAll(means(sitting, setting, slice, own.stream().filter(outcome -> outcome.in(slice)).toList()));
                }
            }
        });
        return means;
    }

    private static boolean isInContext(String setting) {
        return setting.contains("/") && !setting.endsWith("/" + Setting.UNMODIFIED);
    }

    private static List<String> slices(List<Examiner.Outcome> outcomes) {
        var slices = new TreeSet<String>();
        outcomes.forEach(outcome -> outcome.slices().forEach((key, value) -> slices.add(key + "=" + value)));
        var all = new ArrayList<String>();
        all.add("");
        all.addAll(slices);
        return all;
    }

    private List<Mean> means(StudyRun.Sitting sitting, String setting, String slice, List<Examiner.Outcome> outcomes) {
        var unit = unit(sitting.exam().name());
        var means = new ArrayList<Mean>();
        for (var measure : measures(outcomes)) {
            var units = outcomes.stream().filter(outcome -> outcome.values().containsKey(measure)).collect(Collectors.groupingBy(outcome ->
                unit.of(outcome.item(), outcome.slices()), LinkedHashMap::new, Collectors.mapping(outcome -> outcome.values().get(measure),
                    Collectors.toList()))).values().stream().map(StudyResults::array).toArray(double[][]::new);
            if (units.length > 1) {
                var values = Arrays.stream(units).flatMapToDouble(Arrays::stream).toArray();
                means.add(new Mean(sitting.node(), sitting.step(), sitting.exam().name(), setting, slice, measure, Sample.mean(values),
                    interval(units), values.length, missing(outcomes, measure)));
            }
        }
        return means;
    }

    /** What of an exam's items is drawn independently: as contrasts about it have it, else each question. */
    private Contrast.Unit unit(String exam) {
        return plan.study().contrasts().stream().filter(contrast -> contrast.cells().stream().anyMatch(cell -> cell.exam().equals(exam)))
            .map(Contrast::unit).findFirst().orElse(Contrast.Unit.QUESTION);
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Of the mean of all values, of which whole units are drawn: (units)(values). */
    private static Interval interval(double[][] units) {
        var sums = Arrays.stream(units).mapToDouble(values -> Arrays.stream(values).sum()).toArray();
        return new Bootstrap(RESAMPLES, LEVEL, 0).percentile(units.length, drawn -> {
            double sum = 0;
            int items = 0;
            for (int unit : drawn) {
                sum += sums[unit];
                items += units[unit].length;
            }
            return sum / items;
        });
    }

    /**
     * All of it. The same study gives the same bytes, whether it was killed on the way or not.
     *
     * @param analyses what the study tells beside its contrasts
     */
    public ObjectNode json(List<Analysis> analyses) {
        var study = plan.study();
        var json = JsonFile.newObject().put("study", study.title().name()).put("question", study.title().question());
        var seal = json.putObject("seal").put("sha256", standing.sha256().orElse(""));
        seal.put("trainings_stored", standing.stored().trainings()).put("examinations_stored", standing.stored().examinations());
        standing.told().forEach(seal.putArray("changes")::add);
        json.putObject("terms").put("alpha", study.terms().alpha()).put("correction", study.terms().correction())
            .set("seeds", longs(study.terms().seeds()));
        var found = json.putArray("contrasts");
        findings.forEach(finding -> found.add(json(finding)));
        var arms = json.putArray("arms");
        plan.replications().forEach(one -> {
            var arm = arms.addObject().put("arm", one.arm().name()).put("meaning", one.arm().meaning()).put("seed", one.seed());
            one.nodes().forEach(node -> arm.withArray("stages").addObject().put("stage", node.stage().name()).put("hash", node.hash()));
        });
        var all = json.putArray("means");
        means().forEach(mean -> all.add(json(mean)));
        var without = json.putArray("missing");
        missing().forEach(missing -> without.add(json(missing)));
        var told = json.putObject("analyses");
        analyses.forEach(analysis -> told.set(analysis.name(), analysis.json(this)));
        return json;
    }

    private static ArrayNode longs(List<Long> values) {
        var list = JsonFile.newObject().putArray("values");
        values.forEach(list::add);
        return list;
    }

    private ObjectNode json(Findings.Finding finding) {
        var contrast = finding.contrast();
        var json = contrast.json().put("sealed", standing.isSealed(contrast)).put("over", finding.over().name().toLowerCase(Locale.ROOT))
            .put("items", finding.coverage().items()).put("left_out", finding.coverage().leftOut());
        var values = json.putObject("values");
        finding.values().forEach((seed, value) -> values.put(Long.toString(seed), value));
        put(json, "estimate", finding.estimate());
        finding.interval().ifPresent(interval -> json.putArray("interval").add(interval.low()).add(interval.high()));
        put(json, "p", finding.p());
        put(json, "p_adjusted", finding.adjusted());
        return json.put("significant", finding.isSignificant(plan.study().terms().alpha()));
    }

    private static void put(ObjectNode json, String name, OptionalDouble value) {
        value.ifPresent(number -> json.put(name, number));
    }

    private static ObjectNode json(Plan.Node node, int step) {
        var json = JsonFile.newObject().put("arm", node.arm()).put("stage", node.stage().name()).put("seed", node.seed());
        return step >= 0 ? json.put("step", step) : json;
    }

    private static ObjectNode json(Mean mean) {
        var json = json(mean.node(), mean.step()).put("exam", mean.exam()).put("setting", mean.setting()).put("slice", mean.slice())
            .put("measure", mean.measure()).put("value", mean.value()).put("items", mean.items()).put("missing", mean.missing());
        json.putArray("interval").add(mean.interval().low()).add(mean.interval().high());
        return json;
    }

    private static ObjectNode json(Missing missing) {
        return json(missing.node(), missing.step()).put("exam", missing.exam()).put("setting", missing.setting())
            .put("measure", missing.measure()).put("answers", missing.answers()).put("items", missing.items())
            .put("items_without", missing.without()).put("share", missing.share());
    }
}
