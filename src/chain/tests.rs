use std::fmt::Write;

use proptest::prelude::*;

use super::*;

fn model(text: &str) -> Model {
    read_model(text, &[]).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// The first thing that is wrong with a model, and the text at that place.
fn wrong(text: &str) -> (String, String) {
    let findings = read_model(text, &[]).unwrap_err();
    let first = &findings.0[0];
    let place = first.span.map_or("", |span| &text[span.start..span.end.min(text.len())]);
    (first.message.clone(), place.to_owned())
}

/// A model of one module with these parts.
fn one(parts: &str) -> String {
    format!("ctmc module m {parts} endmodule")
}

/// What an expression of constants is worth.
fn worth(expression: &str) -> f64 {
    let text = format!(
        "ctmc const double c = {expression}; module m x:[0..1]; [] x=0 -> 1:(x'=1); endmodule rewards true: c; endrewards"
    );
    model(&text).rewards[0].1[0]
}

#[test]
fn operators_bind_as_the_manual_says() {
    for (expression, expected) in [
        ("1+2*3", 7.0),
        ("(1+2)*3", 9.0),
        ("8-3-2", 3.0),
        ("12/2/3", 2.0),
        ("22/7*7", 22.0),
        ("-2*3", -6.0),
        ("2--3", 5.0),
        ("min(3,1,2)+max(1,2.5)", 3.5),
        ("floor(13.5)+ceil(13.5)", 27.0),
        ("round(-1.5)", -1.0),
        ("pow(2,8)+pow(9.0,0.5)", 259.0),
        ("mod(1977,100)", 77.0),
        ("mod(-1,4)", 3.0),
        ("log(8,2)", 3.0),
        ("1e-3+2.5E2", 250.001),
        ("true ? 1 : false ? 2 : 3", 1.0),
        ("false ? 1 : false ? 2 : 3", 3.0),
        ("(!true | true) ? 1 : 0", 1.0),
        ("!1=2 & 3>2 ? 1 : 0", 1.0),
        ("true | false & false ? 1 : 0", 1.0),
        ("(false => false) ? 1 : 0", 1.0),
        ("(true <=> false => false) ? 1 : 0", 1.0),
        ("1 < 2 = true ? 1 : 0", 1.0),
    ] {
        let found = worth(expression);
        assert!((found - expected).abs() < 1e-12, "{expression} is {found}");
    }
}

#[test]
fn rates_of_synchronised_commands_are_multiplied() {
    // Two ways of one module times two of the other.
    let chain = model(
        "ctmc
         module a x:[0..2]; [go] x=0 -> 2:(x'=1) + 3:(x'=2); endmodule
         module b y:[0..2]; [go] y=0 -> 5:(y'=1) + 7:(y'=2); endmodule",
    );
    assert_eq!(chain.chain.states(), 5);
    let rate = |name: &str| {
        let to = (0..5).find(|state| chain.name(*state) == name).unwrap();
        chain.chain.row(0).find(|(one, _)| *one == to).unwrap().1
    };
    for (name, expected) in [("x=1,y=1", 10.0), ("x=1,y=2", 14.0), ("x=2,y=1", 15.0), ("x=2,y=2", 21.0)] {
        assert!((rate(name) - expected).abs() < 1e-12, "{name}");
    }
    assert!((chain.chain.exit_rate(0) - 60.0).abs() < 1e-12);
}

#[test]
fn a_module_that_cannot_join_holds_the_others_up() {
    let chain = model(
        "ctmc
         module a x:[0..3]; [go] x<3 -> 1:(x'=x+1); endmodule
         module b y:[0..1]; [go] y=0 -> 1:(y'=1); endmodule
         module c z:bool; [other] z -> 1:true; endmodule",
    );
    assert_eq!(chain.chain.states(), 2);
}

#[test]
fn updates_see_the_values_before_them() {
    let chain = model(&one("x:[0..2] init 1; y:[0..2] init 2; [] x=1 -> 1:(x'=y)&(y'=x);"));
    assert_eq!(chain.name(1), "x=2,y=1");
}

#[test]
fn a_renamed_module_has_variables_actions_and_constants_of_its_own() {
    let chain = model(
        "ctmc const double slow = 1; const double fast = 10;
         formula done = x=2;
         module a x:[0..2]; [step] !done -> slow:(x'=x+1); endmodule
         module b = a [x=y, step=other, slow=fast] endmodule
         label \"b\" = y=2;",
    );
    // The formula is put in before the names change, so each module stops for itself.
    assert_eq!(chain.chain.states(), 9);
    let b = chain.set("b", 0).unwrap();
    assert_eq!(b.iter().filter(|is_in| **is_in).count(), 3);
    assert!((chain.chain.exit_rate(0) - 11.0).abs() < 1e-12);
}

#[test]
fn constants_are_set_from_outside_and_in_any_order() {
    let text = "ctmc const int N; const double r = s*2; const double s = 1.5;
                module m x:[0..N]; [] x<N -> r:(x'=x+1); endmodule";
    let built = read_model(text, &["N=4".to_owned()]).unwrap();
    assert_eq!(built.chain.states(), 5);
    assert!((built.chain.exit_rate(0) - 3.0).abs() < 1e-15);
    let set = read_model(text, &["N=2+1".to_owned(), "s=10".to_owned()]).unwrap();
    assert_eq!(set.chain.states(), 4);
    assert!((set.chain.exit_rate(0) - 20.0).abs() < 1e-15);
    let missing = read_model(text, &[]).unwrap_err();
    assert_eq!(missing.0[0].message, "the constant \"N\" has no value");
    let unknown = read_model(text, &["N=4".to_owned(), "M=4".to_owned()]).unwrap_err();
    assert_eq!(unknown.0[0].message, "no constant is called \"M\"");
    assert_eq!(unknown.0[0].span.unwrap().source, 2);
    assert_eq!(unknown.0[0].help.as_deref(), Some("did you mean \"N\"? known: N, r, s"));
}

#[test]
fn mistakes_are_found_where_they_are() {
    for (text, message, place) in [
        ("ctmc modul m endmodule", "expected a part of a model, found \"modul\"", "modul"),
        ("module m x:[0..1]; endmodule", "the model does not say that it is a \"ctmc\"", ""),
        (&one("x:[0..1]; [] x=0 -> 1:(x'=1)"), "expected \";\", found \"endmodule\"", "endmodule"),
        (&one("x:[0..1]; [] x=0 -> 1:(y'=1);"), "no variable is called \"y\"", "y"),
        (&one("x:[0..1]; [] z=0 -> 1:(x'=1);"), "no constant, variable or formula is called \"z\"", "z"),
        (&one("x:[0..1]; [] x -> 1:(x'=1);"), "expected a truth value, found a whole number", "x"),
        (&one("x:[0..1]; [] x=0 -> 1:(x'=1/1);"), "expected a whole number, found a number", "1/1"),
        (&one("x:[0..1]; [] x=0 -> true:(x'=1);"), "expected a number, found a truth value", "true"),
        (&one("x:[0..1]; [] x=0 -> 1:(x'=1)&(x'=0);"), "\"x\" is set twice at once", "x"),
        (&one("x:[2..1];"), "the range of \"x\" is empty: 2 is more than 1", "2"),
        (&one("x:[0..1] init 2;"), "\"x\" starts with 2, outside of 0 to 1", "2"),
        (&one("x:[0..1]; x:bool;"), "the name \"x\" is taken already", "x"),
        (
            &one("x:[0..1]; [] x=0 -> 1:(x'=x+2);"),
            "\"x\" becomes 2, outside of 0 to 1, in the state x=0",
            "x+2",
        ),
        (
            &one("x:[0..1]; [] x=0 -> 0-1:(x'=1);"),
            "the rate is -1, but must be finite and at least 0, in the state x=0",
            "0-1",
        ),
        (&one("x:[0..1]; [] x=0 -> 1/x:(x'=1);"), "this divides by zero, in the state x=0", "1/x"),
        (&one("x:[0..1]; [] mod(x,0)=0 -> 1:(x'=1);"), "mod has no value here, in the state x=0", "mod(x,0)"),
    ] {
        let (found, at) = wrong(text);
        assert_eq!((found.as_str(), at.as_str()), (message, place), "{text}");
    }
}

#[test]
fn names_that_do_not_fit_together_are_found() {
    for (text, message, place) in [
        (
            "ctmc formula f = g+1; formula g = f; module m x:bool; endmodule",
            "the formula \"f\" depends on itself",
            "f",
        ),
        (
            "ctmc const int a = b; const int b = a; module m x:bool; endmodule",
            "the constant \"a\" has no value",
            "a",
        ),
        (
            "ctmc const int a = 1.5; module m x:bool; endmodule",
            "expected a whole number, found a number",
            "1.5",
        ),
        (
            "ctmc label \"a\" = \"b\"; label \"b\" = \"a\"; module m x:bool; endmodule",
            "the label \"a\" depends on itself",
            "\"a\"",
        ),
        (
            "ctmc module m x:bool; [go] !x -> 1:(x'=true); endmodule rewards [og] true : 1; endrewards",
            "no action is called \"og\"",
            "og",
        ),
        (
            "ctmc module m x:bool; endmodule module n = k [x=y] endmodule",
            "no module above this one is called \"k\"",
            "k",
        ),
        (
            "ctmc module m x:bool; z:bool; endmodule module n = m [x=y] endmodule",
            "the variable \"z\" gets no new name",
            "y",
        ),
        (
            "ctmc module m x:bool; endmodule module n = m [x=y, q=r] endmodule",
            "no name of the module is called \"q\"",
            "q",
        ),
        (
            "ctmc module m x:bool; endmodule module n y:bool; [] y -> 1:(x'=true); endmodule",
            "\"x\" belongs to another module",
            "x",
        ),
        (
            "ctmc global g:bool; module m x:bool; [a] x -> 1:(g'=true); endmodule",
            "the global variable \"g\" is set by a command with an action",
            "g",
        ),
        ("ctmc module m endmodule", "the model has no variables, and so no states", ""),
        (
            "ctmc module m x:[0..9223372036854775807]; y:[0..9223372036854775807]; z:[0..9]; endmodule",
            "the variables have too many values together",
            "",
        ),
        (
            "ctmc const int a = 99999999999999999999; module m x:bool; endmodule",
            "the number 99999999999999999999 is too large",
            "99999999999999999999",
        ),
        ("ctmc label \"a = true;", "this text has no closing quote", "\""),
        ("ctmc §", "the sign \"§\" means nothing here", "§"),
    ] {
        let (found, at) = wrong(text);
        assert_eq!((found.as_str(), at.as_str()), (message, place), "{text}");
    }
}

#[test]
fn deep_nesting_and_growing_formulas_are_refused() {
    let deep = format!("ctmc const int a = {}1{};", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(wrong(&deep).0, "this is nested too deeply");
    let negated = format!("ctmc const bool a = {}true;", "!".repeat(5000));
    assert_eq!(wrong(&negated).0, "this is nested too deeply");
    let mut growing = "ctmc formula f0 = x+x;".to_owned();
    for number in 1..60 {
        let line = format!("formula f{number} = f{0}+f{0};", number - 1);
        growing.push_str(&line);
    }
    growing += "module m x:[0..1]; endmodule";
    assert!(wrong(&growing).0.ends_with("is too large once others are put in"), "{:?}", wrong(&growing));
}

#[test]
fn sets_are_labels_states_and_conditions() {
    let text = one("x:[0..3]; y:bool; [] x<3 -> 1:(x'=x+1)&(y'=!y);") + " label \"end\" = x=3;";
    let built = model(&text);
    let chosen = |text: &str| -> Vec<usize> {
        let set = built.set(text, 1).unwrap_or_else(|findings| panic!("{findings:?}"));
        (0..set.len()).filter(|state| set[*state]).collect()
    };
    assert_eq!(chosen("end"), [3]);
    assert_eq!(chosen("\"end\""), [3]);
    assert_eq!(chosen("x>1"), [2, 3]);
    assert_eq!(chosen("x=1,y=true"), [1]);
    assert_eq!(chosen("x=max(1,2)"), [2]);
    assert_eq!(built.name(1), "x=1,y=true");
    let unknown = built.set("ende", 1).unwrap_err();
    assert_eq!(unknown.0[0].message, "no constant, variable or formula is called \"ende\"");
    assert!(unknown.0[0].help.as_ref().unwrap().ends_with("labels: end"));
    assert_eq!(built.set("x+1", 1).unwrap_err().0[0].message, "this is no condition on states");
}

/// A queue with room for two, whose jobs come at 2 and are served at 3 by a partner; what is lost stays where it is.
const QUEUE: &str = "ctmc const double lambda = 2;
    module source on : [0..0]; [come] true -> lambda : (on'=on); [lost] on=0 -> lambda : true; endmodule
    module queue n : [0..2]; [come] n<2 -> (n'=n+1); [lost] n=2 -> true; [serve] n>0 -> 1 : (n'=n-1); endmodule
    module server [serve] true -> 3 : true; endmodule
    module away s : bool; [] true -> 0.5 : (s'=!s); endmodule
    rewards \"served\" [serve] true : 1; endrewards
    rewards \"lost\" [lost] true : 1; endrewards
    rewards \"earned\" [come] n=0 : 10; [] s : 2; n=1 : 4; endrewards";

#[test]
fn transitions_earn_as_often_as_they_happen() {
    let built = model(QUEUE);
    assert_eq!(built.chain.states(), 6);
    let found = built.answer(&Question::default()).unwrap();
    let of = |name: &str| {
        let wanted = Of::Reward(name.to_owned());
        found.answers.iter().find(|answer| answer.of == wanted).unwrap()
    };
    // Shares of 0, 1 and 2 jobs are 9, 6 and 4 in 19.
    let share = |number: f64| number / 19.0;
    for (name, value) in [
        ("served", 3.0 * share(10.0)),
        ("lost", 2.0 * share(4.0)),
        ("earned", 10.0 * 2.0 * share(9.0) + 2.0 * 0.5 * 0.5 + 4.0 * share(6.0)),
    ] {
        assert!((of(name).value - value).abs() < 1e-12, "{name} {}", of(name).value);
        assert_eq!(of(name).unit, Unit::CountRate);
    }
    // What is served until time t is, in the long run, the rate times t.
    let asked = Question { at: Some(1e4), ..Question::default() };
    let then = built.answer(&asked).unwrap();
    let gathered = then.answers.iter().find(|one| one.name == "gathered" && one.unit == Unit::Count).unwrap();
    assert!((gathered.value / 1e4 - 3.0 * share(10.0)).abs() < 1e-3, "{}", gathered.value);
}

/// Reactions of a cascade: what is bound, by what, what both are then, and what comes of it.
///
/// Source: Huang and Ferrell, Ultrasensitivity in the mitogen-activated protein kinase cascade, PNAS 93 (1996).
const REACTIONS: [[&str; 4]; 10] = [
    ["kkk", "e1", "kkk_e1", "kkkp"],
    ["kkkp", "e2", "kkkp_e2", "kkk"],
    ["kk", "kkkp", "kk_kkkp", "kkp"],
    ["kkp", "kkptase", "kkp_ptase", "kk"],
    ["kkp", "kkkp", "kkp_kkkp", "kkpp"],
    ["kkpp", "kkptase", "kkpp_ptase", "kkp"],
    ["k", "kkpp", "k_kkpp", "kp"],
    ["kp", "kptase", "kp_ptase", "k"],
    ["kp", "kkpp", "kp_kkpp", "kpp"],
    ["kpp", "kptase", "kpp_ptase", "kp"],
];

/// The cascade of so many proteins of each kind, a module for each kind, whose reactions are shared actions.
fn cascade(count: u32) -> String {
    let kinds: [&[&str]; 7] = [
        &["e1"],
        &["e2"],
        &["kptase"],
        &["kkptase"],
        &["k", "k_kkpp", "kp", "kp_kkpp", "kp_ptase", "kpp", "kpp_ptase"],
        &["kk", "kk_kkkp", "kkp", "kkp_kkkp", "kkp_ptase", "kkpp", "kkpp_ptase"],
        &["kkk", "kkk_e1", "kkkp", "kkkp_e2"],
    ];
    let most = |kind: &[&str]| if kind.len() == 1 { "1" } else { "N" };
    let mut text = format!("ctmc const int N = {count}; const double bind = 1/N; const double part = 150;\n");
    for (number, kind) in kinds.iter().enumerate() {
        let most = most(kind);
        let mut body = String::new();
        for (place, name) in kind.iter().enumerate() {
            let _ = writeln!(body, "{name} : [0..{most}] init {};", if place == 0 { most } else { "0" });
        }
        for (reaction, [what, by, both, becomes]) in REACTIONS.iter().enumerate() {
            if kind.contains(what) {
                let _ = write!(
                    body,
                    "[a{reaction}] {what}>0 & {both}<{most} -> bind*{what} : ({what}'={what}-1) & ({both}'={both}+1);\n\
                     [d{reaction}] {both}>0 & {what}<{most} -> part*{both} : ({both}'={both}-1) & ({what}'={what}+1);\n\
                     [k{reaction}] {both}>0 & {becomes}<{most} -> part*{both} : ({both}'={both}-1) & ({becomes}'={becomes}+1);\n"
                );
            } else if kind.contains(by) {
                let _ = write!(
                    body,
                    "[a{reaction}] {by}>0 -> {by} : ({by}'={by}-1);\n\
                     [d{reaction}] {by}<{most} -> 1 : ({by}'={by}+1);\n\
                     [k{reaction}] {by}<{most} -> 1 : ({by}'={by}+1);\n"
                );
            }
        }
        let _ = write!(text, "module m{number}\n{body}endmodule\n");
    }
    text
}

#[test]
fn a_cascade_of_reactions_has_as_many_states_as_published() {
    // As the logs of the PRISM benchmark suite have them for mapk_cascade.
    for (count, states, transitions) in [(1, 118, 468), (2, 2_172, 13_608)] {
        let built = model(&cascade(count));
        assert_eq!((built.chain.states(), built.chain.transitions()), (states, transitions), "{count}");
    }
}

#[test]
fn rewards_add_up_where_their_conditions_hold() {
    let text = one("x:[0..2]; [] x<2 -> 1:(x'=x+1);")
        + " rewards x>0 : 2; x>1 : x/4; endrewards rewards \"at\" \"low\" : 1; endrewards label \"low\" = x=0;";
    let built = model(&text);
    assert_eq!(built.rewards[0], ("reward1".to_owned(), vec![0.0, 2.0, 2.5]));
    assert_eq!(built.rewards[1], ("at".to_owned(), vec![1.0, 0.0, 0.0]));
}

#[test]
fn a_table_of_rates_is_a_chain() {
    let built = read_rates("# two states\nrate, from, to\n1/h,up,down\n99,down,up\n", 3600.0).unwrap();
    assert_eq!((built.name(0), built.name(1)), ("up".to_owned(), "down".to_owned()));
    assert!(
        (built.chain.exit_rate(0) - 1.0).abs() < 1e-15 && (built.chain.exit_rate(1) - 99.0).abs() < 1e-15
    );
    assert_eq!(built.set("down", 0).unwrap(), [false, true]);
    let rewards =
        read_rewards(&built, "state,name,value\nup,earned,3\nup,earned,4\ndown,lost,1\n", 1).unwrap();
    assert_eq!(rewards, [("earned".to_owned(), vec![7.0, 0.0]), ("lost".to_owned(), vec![0.0, 1.0])]);
}

#[test]
fn rows_that_are_wrong_are_shown() {
    let first = |text: &str| {
        let findings = read_rates(text, 1.0).unwrap_err();
        let one = findings.0[0].clone();
        (one.message, one.span.map_or(String::new(), |span| text[span.start..span.end].to_owned()))
    };
    let text = "from,to,rate\na,b,1\na,c,-1\nb,a,x\n";
    assert_eq!(first(text), ("\"-1\" is not a rate".to_owned(), "a,c,-1".to_owned()));
    assert_eq!(read_rates(text, 1.0).unwrap_err().0.len(), 2);
    let column = first("from,too,rate\n");
    assert_eq!(column, ("no column is called \"too\"".to_owned(), "from,too,rate".to_owned()));
    assert_eq!(first("from,to,rate\na,b\n").1, "a,b");
    // A state without a name could be neither asked for nor shown.
    assert_eq!(
        first("from,to,rate\na,b,1\nb,,2\n"),
        ("there is no \"to\" in this row".to_owned(), "b,,2".to_owned())
    );
    assert_eq!(first("from,to,rate,from\na,b,1,c\n").0, "there are two columns \"from\"");
    assert_eq!(first("from,to,rate\n").0, "the chain has no states");
    let built = read_rates("from,to,rate\nup,down,1\n", 1.0).unwrap();
    let unknown = read_rewards(&built, "state,name,value\nupp,x,1\n", 1).unwrap_err();
    assert_eq!(unknown.0[0].message, "no state is called \"upp\"");
    let nameless = read_rewards(&built, "state,name,value\nup,,1\n", 1).unwrap_err();
    assert_eq!(nameless.0[0].message, "there is no \"name\" in this row");
    assert_eq!(unknown.0[0].help.as_deref(), Some("did you mean \"up\"? known: up, down"));
}

/// A model that uses most of the language.
const WHOLE: &str = "ctmc const int N = 3; const double r; formula full = x=N; global g:bool;
module a x:[0..N] init 1; [up] !full -> r*2:(x'=x+1); [down] x>0 -> min(x,2):(x'=x-1) + 0.5:true; endmodule
module b = a [x=y, up=other] endmodule
label \"full\" = full & (y=N => g); rewards \"jobs\" x>0 : pow(x,2)/3; endrewards";

proptest! {
    // Digits stay as they are, or the chain would grow.
    #[test]
    fn whatever_is_written_is_read_or_refused(
        edits in prop::collection::vec((0..WHOLE.len(), "[a-c;:=<>()\\[\\]'\"&|!?+*/. -]{0,3}"), 1..4),
    ) {
        let mut text = WHOLE.to_owned();
        for (place, new) in edits {
            // The text may have become shorter.
            if text.as_bytes().get(place).is_some_and(|byte| !byte.is_ascii_digit()) {
                text.replace_range(place..=place, &new);
            }
        }
        match read_model(&text, &["r=1.5".to_owned()]) {
            Ok(model) => prop_assert!(model.chain.states() > 0),
            Err(findings) => prop_assert!(findings.has_errors()),
        }
    }
}

#[test]
fn a_model_of_most_of_the_language_is_read() {
    let built = read_model(WHOLE, &["r=1.5".to_owned()]).unwrap();
    // The two modules share "down", which each can only do above zero.
    assert_eq!(built.chain.states(), 16);
    assert!((built.rewards[0].1[0] - 1.0 / 3.0).abs() < 1e-15);
}
