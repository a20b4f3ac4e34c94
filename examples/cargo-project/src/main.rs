fn main() {
    println!("built with cargo");
}
